import { once } from "node:events";
import { openHome } from "../../../src/jobs/index.js";

// opens a home that may not be there yet, at the same moment as others
const [path] = process.argv.slice(2) as [string];
console.log("ready");
await once(process.stdin, "data");
using home = openHome(path);
console.log(home.catalog.list().length);
