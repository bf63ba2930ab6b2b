/** Encodings that the form offers, by their WHATWG names; a byte-order mark goes first. */
export const encodings = [
  { value: "utf-8", label: "UTF-8" },
  { value: "windows-1252", label: "windows-1252 (Western Europe)" },
  { value: "windows-1250", label: "windows-1250 (Central Europe)" },
  { value: "windows-1251", label: "windows-1251 (Cyrillic)" },
  { value: "utf-16le", label: "UTF-16" },
  { value: "gb18030", label: "GB 18030 (Chinese)" },
  { value: "shift_jis", label: "Shift JIS (Japanese)" },
  { value: "euc-kr", label: "EUC-KR (Korean)" },
];
