#pragma once

#include <napi.h>

#include <algorithm>
#include <exception>
#include <span>
#include <string>
#include <vector>

// What all bindings need where C++ meets JavaScript.
namespace rowmill {

// Runs what may throw C++ exceptions and turns them into JavaScript's: none crosses the line between the two.
// @param code_of gives the `code` of the JavaScript error for a Refusal: what content or machine is at fault for
template <typename Refusal, typename CodeOf, typename Work>
auto GuardLine(Napi::Env env, CodeOf code_of, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const Napi::Error&) {
    throw;
  } catch (const Refusal& error) {
    Napi::Error converted = Napi::Error::New(env, error.what());
    converted.Set("code", Napi::String::New(env, code_of(error)));
    throw converted;
  } catch (const std::exception& error) {
    throw Napi::RangeError::New(env, error.what());
  }
}

// A typed array's elements, valid as long as the value. @throws a JavaScript TypeError for anything else
template <typename Element, napi_typedarray_type Type>
std::span<Element> ArrayOf(const Napi::Value& value, const char* what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != Type) {
    throw Napi::TypeError::New(value.Env(), std::string("expected ") + what);
  }
  auto array = value.As<Napi::TypedArrayOf<Element>>();
  return {array.Data(), array.ElementLength()};
}

inline std::span<std::uint32_t> WordsOf(const Napi::Value& value) {
  return ArrayOf<std::uint32_t, napi_uint32_array>(value, "a Uint32Array");
}

// A new typed array of another type of the same width where asked for, e.g. token ids that C++ has signed.
template <typename Element, typename Own>
Napi::TypedArrayOf<Element> ToArray(Napi::Env env, const std::vector<Own>& elements) {
  static_assert(sizeof(Element) == sizeof(Own));
  auto array = Napi::TypedArrayOf<Element>::New(env, elements.size());
  std::ranges::copy(elements, array.Data());
  return array;
}

}  // namespace rowmill
