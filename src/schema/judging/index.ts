export { type Judge, judgeOf } from "./judge.js";
