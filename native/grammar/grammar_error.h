#pragma once

#include <stdexcept>
#include <string>

namespace rowmill::grammar {

// Why tables, a vocabulary or a step can't be used. The text is for a person.
class GrammarError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace rowmill::grammar
