#include "llama_library.h"

#include <dlfcn.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#else
#include <link.h>
#endif

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "abort_net.h"
#include "engine/engine_error.h"

namespace rowmill::engine {
namespace {

// Paths of the libllama in the process: libllama.v0.4.0.so, libllama.cuda.v0.4.0.so, libllama.dylib.
std::vector<std::string> LoadedPaths() {
  std::vector<std::string> paths;
  const auto add = [&](const char* path) {
    const std::string_view whole = path == nullptr ? "" : path;
    const std::string_view name = whole.substr(whole.rfind('/') + 1);
    if (name.starts_with("libllama.")) {
      paths.emplace_back(whole);
    }
  };
#ifdef __APPLE__
  for (std::uint32_t image = 0; image < _dyld_image_count(); image++) {
    add(_dyld_get_image_name(image));
  }
#else
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        (*static_cast<decltype(add)*>(data))(info->dlpi_name);
        return 0;
      },
      const_cast<void*>(static_cast<const void*>(&add)));
#endif
  return paths;
}

std::string PathFor(std::string_view backend) {
  const std::vector<std::string> paths = LoadedPaths();
  const std::string marker = "." + std::string(backend) + ".";
  for (const std::string& path : paths) {
    const bool is_gpu = path.find(".cuda.") != std::string::npos || path.find(".vulkan.") != std::string::npos;
    if (backend.empty() ? !is_gpu : path.find(marker) != std::string::npos) {
      return path;
    }
  }
  // Metal's library bears no name of its own.
  if (paths.size() == 1) {
    return paths.front();
  }
  throw EngineError("llama.cpp's library is not loaded in this process");
}

LlamaFunctions LookUp(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) {
    throw EngineError("llama.cpp's library is loaded but can't be opened: " + path);
  }
  LlamaFunctions functions{};
#define ROWMILL_LOOK_UP(name)                                                              \
  functions.name = reinterpret_cast<decltype(functions.name)>(dlsym(library, #name));      \
  if (functions.name == nullptr) {                                                         \
    throw EngineError(std::string("llama.cpp's library has no function ") + #name);        \
  }
  ROWMILL_LLAMA_FUNCTIONS(ROWMILL_LOOK_UP)
#undef ROWMILL_LOOK_UP
  return functions;
}

}  // namespace

std::string_view CompiledRelease() { return ROWMILL_LLAMA_RELEASE; }

const LlamaFunctions& FindLlama(std::string_view backend) {
  // Never closed: contexts of threads that end late still call into it.
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<LlamaFunctions>> found;
  const std::lock_guard lock(mutex);
  const std::string path = PathFor(backend);
  auto& functions = found[path];
  if (functions == nullptr) {
    functions = std::make_unique<LlamaFunctions>(LookUp(path));
    AbortNet::Install(*functions);
  }
  return *functions;
}

}  // namespace rowmill::engine
