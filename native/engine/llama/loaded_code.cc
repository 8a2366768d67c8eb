#include "loaded_code.h"

#include <dlfcn.h>

namespace rowmill::engine {

void KeepLoaded(const void* code) {
  Dl_info info{};
  if (code != nullptr && dladdr(code, &info) != 0) {
    dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

}  // namespace rowmill::engine
