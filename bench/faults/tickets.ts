// The job that tests and faults run on the starter: short support tickets and what is asked of them.

export const TICKET_PROMPT =
  "Classify the support ticket. topic is one of billing, shipping, returns, technical, account, other; urgency is low, medium or high.";

export const TICKET_SCHEMA = {
  type: "object",
  properties: {
    topic: { enum: ["billing", "shipping", "returns", "technical", "account", "other"] },
    urgency: { enum: ["low", "medium", "high"] },
  },
  required: ["topic", "urgency"],
};

const COMPLAINTS = [
  "The parcel was supposed to be here on Monday and the tracking page is empty.",
  "I was charged twice for the same invoice, please give one of them back.",
  "The app closes itself whenever I open the settings.",
  "How do I send these shoes back? They are too small.",
  "I can't log in any more, the reset mail never comes.",
  "Do you have a shop in Lyon?",
];

/** So many different tickets. */
export function tickets(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${COMPLAINTS[at % COMPLAINTS.length]} (${at})`);
}
