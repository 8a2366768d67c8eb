// A nodejs-polars DataFrame in, the same rows with the answers beside them out.
import pl from "nodejs-polars";
import { Rowmill } from "rowmill";

const tickets = pl.readCSV("examples/tickets.csv").select("id", "subject", "message").head(12);

const mill = new Rowmill();
const id = await mill.infer(tickets, {
  model: "starter",
  // Columns are joined in order; an entry that is no column's name is a literal separator.
  column: ["subject", "\n", "message"],
  systemPrompt: "Classify the support ticket. topic is one of billing, shipping, returns, technical, account, other.",
  outputSchema: {
    type: "object",
    properties: { topic: { enum: ["billing", "shipping", "returns", "technical", "account", "other"] } },
    required: ["topic"],
    additionalProperties: false,
  },
});

const rows = await mill.getJobResults<Record<string, string | number>>(id, { unpackJson: true });
console.log(pl.DataFrame(rows).select("id", "subject", "topic").toString());
