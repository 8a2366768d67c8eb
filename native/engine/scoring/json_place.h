#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rowmill::engine {

// Where the value begins that members of objects within objects lead to.
// @param json UTF-8; may end too early
// @param path for each member its name as the text may write it, quotes included; empty for the whole text
// @returns nullopt where there is none
std::optional<std::size_t> FindJsonValue(std::string_view json, std::span<const std::vector<std::string>> path);

}  // namespace rowmill::engine
