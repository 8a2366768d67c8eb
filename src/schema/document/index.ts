export { inOneDialect, metaSchemaOf } from "./dialects.js";
export { allowsType, isIntegerOnly, type JsonType, TYPES, typeOfValue } from "./jsonTypes.js";
export { keywordPlaces } from "./keywordPlaces.js";
export { PLACE_NAMES, saysNoMoreThan } from "./saysNothing.js";
export { openDocument, type SchemaDocument } from "./schemaDocument.js";
export { DATA, NAMING } from "./schemaIndex.js";
export { asNode, childOf, isKeywordMap, type KeywordMap, type SchemaNode, stepPointer } from "./schemaNode.js";
export { assertWellFormed, kindOf, SCHEMA_TYPES } from "./wellFormed.js";
