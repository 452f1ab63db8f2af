import assert from "node:assert/strict";
import { cut, withoutFullStop } from "../../../provider/error-message";
import { IcaError, refusal } from "../../../provider/ica/transport/error";

const call = "POST /api/dockerImages:createInternal";

describe("the error for an answer that ICA refused", () => {
  it("names the call, the status and ICA's own message", () => {
    const error = refusal(call, 400, { title: "Invalid region", detail: "Region xyz is not entitled." });
    assert.equal(
      error.message,
      `${call} was refused: ICA answered 400 and said: Invalid region: Region xyz is not entitled.`,
    );
    assert.equal(error.status, 400);
    assert.equal(error.kind, "refused");
  });

  it("says the same text only once", () => {
    const { message } = refusal(call, 400, { title: "Bad", detail: "Bad" });
    assert.equal(message.match(/Bad/g)?.length, 1);
  });

  it("shows what ICA says of single attributes", () => {
    assert.match(refusal(call, 400, { title: "Bad", parameters: { name: "too long" } }).message, /"name":"too long"/);
  });

  it("shows ICA's reference, by which its support finds the case", () => {
    assert.match(refusal(call, 400, { title: "Bad", id: "ref-7" }).message, /ICA's reference ref-7/);
  });

  it("shows the text of an HTML page without its tags, and cuts it", () => {
    const { message } = refusal(call, 502, `<html><h1>Bad\n Gateway</h1><p>${"x".repeat(2000)}</p></html>`);
    assert.match(message, /said: Bad Gateway x+…\./);
    assert.doesNotMatch(message, /<|>/);
    assert.ok(message.length < 600, `${message.length} characters`);
  });

  it("shows ICA's message also when other fields are null, or of another type", () => {
    const { message } = refusal(call, 400, { type: null, title: "Bad", detail: null, id: 7, parameters: null });
    assert.match(message, /answered 400 and said: Bad\.$/);
    assert.match(refusal(call, 400, { title: null, detail: "No such region" }).message, /said: No such region\./);
  });

  const others: [string, Record<string, unknown>, RegExp][] = [
    ["a gateway", { message: "Limit exceeded" }, /said: Limit exceeded\./],
    [
      "a framework",
      { status: 400, error: "Bad Request", message: "name is blank" },
      /said: Bad Request: name is blank\./,
    ],
    ["OAuth", { error: "invalid_token", error_description: "It has expired" }, /said: invalid_token: It has expired\./],
  ];
  for (const [who, body, words] of others)
    it(`shows the message of ${who} that answers in its own form`, () =>
      assert.match(refusal(call, 400, body).message, words));

  it("says when there was no reason given", () => {
    assert.match(refusal(call, 404, undefined).message, /answered 404 and gave no reason\.$/);
    assert.match(refusal(call, 404, {}).message, /gave no reason/);
  });

  it("does not stumble over a problem of another form", () => {
    assert.match(refusal(call, 400, { title: 5 }).message, /gave no reason/);
  });

  const advice: [number, RegExp][] = [
    [401, /Check the API key \(ica:apiKey or ICA_API_KEY\)/],
    [403, /lacks a permission/],
    [429, /Try again later/],
    [500, /running the same command again is safe/],
    [503, /running the same command again is safe/],
  ];
  for (const [status, words] of advice) {
    it(`says what to do about ${status}`, () => assert.match(refusal(call, status, { title: "No" }).message, words));
  }
});

describe("an error of ICA", () => {
  const of = (kind: IcaError["kind"], status?: number) =>
    new IcaError({ kind, call, message: "", ...(status === undefined ? {} : { status }) });

  it("means that something is gone only with 404", () => {
    assert.equal(of("refused", 404).isNotFound, true);
    for (const status of [400, 401, 403, 410, 500]) assert.equal(of("refused", status).isNotFound, false);
    assert.equal(of("unreachable").isNotFound, false);
    assert.equal(of("unexpected", 404).isNotFound, false);
  });

  it("leaves open what happened after a 5xx, no answer or a strange one, and only then", () => {
    for (const error of [of("refused", 500), of("refused", 503), of("unreachable"), of("unexpected", 201)])
      assert.equal(error.isAmbiguous, true);
    for (const status of [400, 404, 409, 429]) assert.equal(of("refused", status).isAmbiguous, false);
  });
});

describe("texts that are put into a sentence", () => {
  it("lose the full stops at their end, in time", () => {
    const start = performance.now();
    assert.equal(withoutFullStop(`${" .".repeat(100_000)}x. .\n`), `${" .".repeat(100_000)}x`);
    assert.ok(performance.now() - start < 2000, `took ${performance.now() - start} ms`);
  });

  it("are cut with an ellipsis, and never within a character", () => {
    assert.equal(cut("abcdef", 6), "abcdef");
    assert.equal(cut("abcdefg", 6), "abcde…");
    assert.equal(cut("abcd😀fg", 6), "abcd…");
  });
});
