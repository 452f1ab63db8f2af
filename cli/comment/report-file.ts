import { readRegularFile } from "../../provider/bytes/regular-file";
import { errorMessage } from "../../provider/error-message";
import { type PreviewReport, parseReport } from "../preview/report/report";
import { Misuse } from "./problem";

/** Largest report that is read, in bytes: three times that of a stack with 10,000 changes. */
const largest = 64 * 1024 * 1024;

/**
 * Reads the report of a preview from a file. The file may come from a job that ran a stranger's program, so its size is
 * bounded and its form is checked; the texts in it are made safe only when they are rendered.
 */
export async function readReport(file: string): Promise<PreviewReport> {
  try {
    return parseReport((await readRegularFile(file, largest)).toString("utf8"));
  } catch (error) {
    throw new Misuse(`${file}: ${errorMessage(error)}`, { cause: error });
  }
}
