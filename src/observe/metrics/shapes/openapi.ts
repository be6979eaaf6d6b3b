import { gauge } from "./shape.ts";

const NONE = [] as const;
const SERVICE = ["service"] as const;

/** What is published of the services' documents. */
export const DOCUMENTS = {
  documentState: gauge(
    "sluice_openapi_document_state",
    ["service", "state"],
    "1 for the state that the service's OpenAPI document is in: fresh, stale, missing or waiting; 0 for the others.",
    "max",
  ),
  documentConfirmed: gauge(
    "sluice_openapi_document_confirmed_timestamp_seconds",
    SERVICE,
    "When the service has last said that the document in use is its own, in seconds since 1970; missing before that.",
    "min",
  ),
  documentOperations: gauge(
    "sluice_openapi_document_operations",
    SERVICE,
    "Operations of the service in the published document.",
    "max",
  ),
  documentsMerged: gauge(
    "sluice_openapi_merged_timestamp_seconds",
    NONE,
    "When the documents were last merged, in seconds since 1970.",
    "min",
  ),
  documentsFailing: gauge(
    "sluice_openapi_merge_failing",
    NONE,
    "1 if the last merge has failed, so that what is published is older.",
    "max",
  ),
};
