/**
 * The form of a text for case-insensitive comparison: Unicode’s full case folding of the NFC form. JavaScript has no
 * function for it. Each letter is converted to upper case and then to lower case, so that `ß` and `ss`, `ſ` and `s`, `ς`
 * and `σ` become equal. Letters are converted one by one, because the lower case of a letter depends on its position in
 * a word. The dotless `ı` is kept, because its upper case is `I`.
 */
export function foldCase(text: string): string {
  const folded = [...text.normalize('NFC')].map((letter) => (letter === 'ı' ? letter : upperThenLower(letter)))
  return folded.join('').normalize('NFC')
}

function upperThenLower(letter: string): string {
  return [...letter.toLowerCase().toUpperCase()].map((upper) => upper.toLowerCase()).join('')
}
