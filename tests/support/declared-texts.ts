import fc from "fast-check";

/** Characters with a meaning in a URL, a shell, a file system or a form. */
const signs = fc.constantFrom(..." !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
const letters = fc.constantFrom(..."aZ09", "é", "ß", "日", "本", "ע", "ش", "😀", "👩‍🔬", "❤️");

/** Texts that users or attackers might enter; preview refuses some of them. */
export const anyText = (maxLength = 60): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: fc.oneof(letters, signs), minLength: 1, maxLength }) },
    { weight: 2, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength }) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ..."genomics (dev)|Ada's workspace|team:one|a+b|a b|100%|%2F|a&b=c|?x|😀|é".split("|"),
      ),
    },
  );
