/** Where white space stands in the JSON of an output: `spaced` is `{"a": 1, "b": [2, 3]}`, `compact` has none, `free` allows
 *  up to 20 white characters at every place where JSON does. */
export const JSON_STYLES = ["spaced", "compact", "free"] as const;
export type JsonStyle = (typeof JSON_STYLES)[number];
