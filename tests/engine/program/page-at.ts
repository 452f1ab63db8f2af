import { until } from "../../support/until";

/** The web page of a workspace, which listens a moment after its main process runs. */
export async function pageAt(url: unknown): Promise<string> {
  let text = "";
  await until(`a page is served at ${String(url)}`, async () => {
    const answer = await fetch(String(url)).catch(() => undefined);
    text = (await answer?.text()) ?? "";
    return answer?.status === 200;
  });
  return text;
}
