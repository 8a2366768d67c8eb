import { Ajv2020 } from "ajv/dist/2020.js";
import formatsPlugin from "ajv-formats";

/** A judge that shares nothing with src/schema: Ajv as it comes, with every format that it knows, for
 *  schemas without unevaluatedItems and unevaluatedProperties. */
export function ajvJudge(schema: object): (value: unknown) => boolean {
  // doubles: 0.07 / 0.01 is 7.000000000000001
  const ajv = new Ajv2020({ strict: false, logger: false, meta: false, validateSchema: false, multipleOfPrecision: 9 });
  formatsPlugin.default(ajv);
  // beside an if with patternProperties Ajv fails in noting which properties were evaluated
  ajv.opts.unevaluated = false;
  const validate = ajv.compile(schema);
  return (value) => validate(value) as boolean;
}
