import { createHash } from "node:crypto";
import { InputError } from "../errors.js";

/** Where a model's file comes from. `uri` is the text that names it, in one spelling. */
export type ModelSource =
  | { readonly kind: "embedded"; readonly uri: string; readonly model: "starter" }
  | { readonly kind: "hub"; readonly uri: string }
  | { readonly kind: "url"; readonly uri: string }
  | { readonly kind: "pypi"; readonly uri: string; readonly packageName: string; readonly version: string }
  | { readonly kind: "npm"; readonly uri: string; readonly packageName: string; readonly version: string };

// A name or version starts with a letter or digit and holds no space, so that none can be read as an option, a path
// or an address by the program that it is handed to.
const pypiName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/; // PEP 508
const pypiVersion = /^[0-9][A-Za-z0-9]*(?:[.!+_-][A-Za-z0-9]+){0,16}$/; // PEP 440, a little wider
const npmName = /^(?:@[a-z0-9][a-z0-9._-]{0,106}\/)?[a-z0-9][a-z0-9._-]{0,106}$/;
const npmVersion =
  /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*)?(?:\+[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*)?$/;
// node-llama-cpp's own form: hf:user/repo[:quant] or hf:user/repo/path/file.gguf[#branch]
const hubPart = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";
const hubRepository = new RegExp(`^${hubPart}/${hubPart}(?::[A-Za-z0-9][A-Za-z0-9._-]{0,63})?$`);
const hubFile = new RegExp(
  `^${hubPart}/${hubPart}(?:/${hubPart})+\\.gguf(?:\\.part\\d+of\\d+)?(?:#[A-Za-z0-9][A-Za-z0-9._/-]{0,127})?$`,
  "i",
);

const scheme = /^(hf|huggingface|pypi|npm|embedded|https?):/i;

/** Whether a model option is meant as a source (and not as a path or a catalogue's name). */
export function looksLikeSource(text: string): boolean {
  return scheme.test(text);
}

/** Reads `hf:user/repo:Q4_K_M`, `hf:user/repo/file.gguf`, an http(s) URL of a .gguf, `pypi:NAME==VERSION`,
 *  `npm:NAME@VERSION` or `embedded:starter`. Nothing else is accepted, so what it gives is safe as one argument of a
 *  command.
 *  @throws {InputError} ROWMILL_INVALID_MODEL_SOURCE */
export function parseModelSource(text: string): ModelSource {
  const prefix = scheme.exec(text)?.[1]?.toLowerCase();
  const rest = prefix === undefined ? "" : text.slice(prefix.length + 1);
  switch (prefix) {
    case "embedded":
      if (rest === "starter") return { kind: "embedded", uri: "embedded:starter", model: "starter" };
      throw invalid(text, 'the only embedded model is "embedded:starter"');
    case "hf":
    case "huggingface":
      if (hubRepository.test(rest) || hubFile.test(rest)) return { kind: "hub", uri: `hf:${rest}` };
      throw invalid(text, "write hf:USER/REPOSITORY:QUANTIZATION or hf:USER/REPOSITORY/FILE.gguf");
    case "pypi":
      return parsePypi(text, rest);
    case "npm":
      return parseNpm(text, rest);
    case "http":
    case "https":
      return parseUrl(text);
    default:
      throw invalid(text, "a source begins with hf:, pypi:, npm:, https: or embedded:");
  }
}

/** The source's own folder name below the home's models/: readable, and different for different sources. */
export function sourceFolder(source: ModelSource): string {
  const readable = withoutCredentials(source.uri)
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 80);
  return `${readable}-${createHash("sha256").update(source.uri).digest("hex").slice(0, 8)}`;
}

/** The source as it may be shown: a URL without user and password. */
export function withoutCredentials(uri: string): string {
  return uri.replace(/^(https?:\/\/)[^/@]*@/i, "$1");
}

function parsePypi(text: string, rest: string): ModelSource {
  const [packageName = "", version = "", ...more] = rest.split("==");
  if (more.length > 0 || !pypiName.test(packageName) || !pypiVersion.test(version)) {
    throw invalid(text, "write pypi:NAME==VERSION, with an exact version");
  }
  return { kind: "pypi", uri: `pypi:${packageName}==${version}`, packageName, version };
}

function parseNpm(text: string, rest: string): ModelSource {
  const at = rest.lastIndexOf("@");
  const packageName = rest.slice(0, Math.max(at, 0));
  const version = rest.slice(at + 1);
  if (!npmName.test(packageName) || !npmVersion.test(version)) {
    throw invalid(text, "write npm:NAME@VERSION, with an exact version");
  }
  return { kind: "npm", uri: `npm:${packageName}@${version}`, packageName, version };
}

function parseUrl(text: string): ModelSource {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw invalid(text, "this is no valid URL", cause);
  }
  if (!/\.gguf(?:\.part\d+of\d+)?$/i.test(url.pathname)) throw invalid(text, "the URL's path must end in .gguf");
  return { kind: "url", uri: url.href };
}

function invalid(text: string, hint: string, cause?: unknown): InputError {
  const shown = JSON.stringify(withoutCredentials(text).slice(0, 200));
  return new InputError("ROWMILL_INVALID_MODEL_SOURCE", `${shown} is no model source: ${hint}`, { cause });
}
