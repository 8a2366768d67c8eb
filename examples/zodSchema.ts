// A zod schema says what an answer looks like, and types the parsed answers.
import { Rowmill } from "rowmill";
import { z } from "zod";

const Order = z.object({
  topic: z.enum(["billing", "shipping", "returns", "technical", "account", "other"]),
  order_id: z.string().nullable(),
});

const messages = [
  "Order RM-20533 was promised for yesterday and hasn't come. Where is it?",
  "Do you deliver to Iceland?",
  "The shoes from order RM-31177 are too small, I'd like to send them back.",
];

const mill = new Rowmill();
const id = await mill.infer(messages, {
  model: "starter",
  systemPrompt:
    "Read the support ticket. topic is one of billing, shipping, returns, technical, account, other; order_id is the order number, null if there is none.",
  outputSchema: Order,
});

// null where a row failed
for (const order of await mill.getJobResults(id, { unpackJson: true }))
  console.log(order?.topic ?? "(failed)", order?.order_id ?? "(no order)");
