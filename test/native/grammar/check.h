#pragma once

#include <cstdio>

namespace grammar_test {

inline int failures = 0;

}  // namespace grammar_test

#define CHECK(claim)                                                    \
  do {                                                                  \
    if (!(claim)) {                                                     \
      std::printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #claim); \
      ++grammar_test::failures;                                         \
    }                                                                   \
  } while (false)
