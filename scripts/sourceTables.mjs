// What the source says of options: names, values and doc comments, read with the project's own TypeScript.
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** Opens files of the project, each by its path from the root. */
export function openSources(root, files) {
  const folder = fileURLToPath(root);
  const { config } = ts.readConfigFile(`${folder}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder, { noEmit: true, incremental: false });
  const program = ts.createProgram(
    files.map((file) => folder + file),
    options,
  );
  return { checker: program.getTypeChecker(), file: (path) => program.getSourceFile(folder + path) };
}

/** An interface's own members: how each is called, what it may be, what its comment says. Ranges of numbers are those of
 *  the zod object that checks it. */
export function membersOf({ checker, file }, path, name, zodName) {
  const source = file(path);
  const found = source.statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === name);
  const ranges = Object.fromEntries(fieldsOf({ file }, path, zodName).map(({ name, values }) => [name, values]));
  return found.members.map((member) => {
    const field = member.name.getText();
    const type = checker.getNonNullableType(checker.getTypeAtLocation(member));
    const declared = member.type.getText();
    const isPlain = ts.isFunctionTypeNode(member.type) || declared === "unknown" || /Options\b/.test(declared);
    const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias;
    const text = isPlain ? declared : checker.typeToString(type, undefined, flags);
    return { name: field, values: text === "number" ? (ranges[field] ?? text) : plain(text), doc: docOf(member) };
  });
}

/** Of a type's text what the reader of a table needs. */
const plain = (text) =>
  text
    .replace("unknown", "schema")
    .replace(/^\w+Options$/, "object")
    .replaceAll("readonly ", "")
    .replaceAll("[x: string]", "[name]")
    .replace(/; }$/, " }")
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a type
    .replace("`${number}%`", '"N%"');

/** The fields of `const NAME = z.strictObject({ … })`, or of one that extends another. */
export function fieldsOf({ file }, path, name) {
  const source = file(path);
  const call = constant(source, name);
  const [given] = call.arguments;
  return (ts.isSatisfiesExpression(given) ? given.expression : given).properties
    .filter((field) => ts.isPropertyAssignment(field))
    .map((field) => ({
      name: field.name.getText(),
      values: rangeOf(source, field.initializer.getText()),
      doc: docOf(field),
    }));
}

function constant(source, name) {
  const all = source.statements.filter(ts.isVariableStatement).flatMap((one) => [...one.declarationList.declarations]);
  return all.find((one) => one.name.getText() === name).initializer;
}

/** "whole number, 0 to 10" of the zod expression that checks a value. */
function rangeOf(source, text) {
  const numbers = text.replace(/\bcount\b/, "z.number().int().min(0)");
  if (!/z\.(number|int)\(/.test(numbers)) return /z\.string|\btext\b/.test(text) ? "string" : "";
  const bound = (call) => {
    const given = new RegExp(`\\.${call}\\(([\\w.-]+)\\)`).exec(numbers)?.[1];
    return /^[A-Z_]+$/.test(given ?? "") ? constant(source, given).getText() : given;
  };
  const kind = /\.int\(/.test(numbers) ? "whole number" : "number";
  const least = bound("min");
  const most = bound("max")?.replace("Number.MAX_SAFE_INTEGER", "");
  const above = bound("gt") ?? (numbers.includes(".positive()") ? "0" : undefined);
  if (above !== undefined) return `${kind} above ${above}${most ? `, at most ${most}` : ""}`;
  if (least === undefined) return kind;
  return most ? `${kind}, ${least} to ${most}` : `${kind}, ${least} or more`;
}

/** A class's public methods in the source's order, each once. */
export function methodsOf({ file }, path, name) {
  const found = file(path).statements.find((one) => ts.isClassDeclaration(one) && one.name.text === name);
  const methods = found.members.filter((one) => ts.isMethodDeclaration(one) && ts.isIdentifier(one.name) && one.body);
  return methods.map((method) => {
    const isStatic = method.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
    const parameters = method.parameters.map((one) => one.name.getText()).join(", ");
    const tagged = ts.getJSDocTags(firstDocumented(found, method)).find((tag) => tag.tagName.text === "returns");
    const doc = [docOf(firstDocumented(found, method)), sentence(tagged)].filter(Boolean).join(" ");
    return {
      name: method.name.text,
      call: `${isStatic ? `${name}.` : ""}${method.name.text}(${parameters})`,
      doc,
    };
  });
}

/** Of an overloaded method the declaration that has the comment. */
const firstDocumented = (owner, method) =>
  owner.members.find((one) => one.name?.getText() === method.name.text && ts.getJSDocCommentsAndTags(one).length > 0) ??
  method;

const sentence = (tag) =>
  tag === undefined ? "" : `Gives ${oneLine(ts.getTextOfJSDocComment(tag.comment) ?? "").replace(/\.?$/, ".")}`;

/** A comment up to its first tag. TypeScript's own reading ends at any @. */
function docOf(node) {
  const [, text = ""] =
    /^\/\*\*(.*)\*\/$/s.exec(ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.getText() ?? "") ?? [];
  const [untagged] = text.replaceAll(/^\s*\*/gm, "").split(/^\s*@(?:param|returns|throws)\b/m);
  return oneLine(untagged);
}

const oneLine = (text) => text.replace(/\s*\n\s*/g, " ").trim();
