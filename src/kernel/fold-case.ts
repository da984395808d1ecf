/**
 * A text as it is compared where upper and lower case are the same: Unicode’s full case folding of its NFC form, which
 * the language has no function for. By way of upper case, so that `ß` and `ss`, `ſ` and `s`, `ς` and `σ` meet; letter by
 * letter, because the lower case of a whole text depends on where a letter stands; and never the dotless `ı`, whose
 * upper case is another letter’s.
 */
export function foldCase(text: string): string {
  const folded = [...text.normalize('NFC')].map((letter) => (letter === 'ı' ? letter : upperThenLower(letter)))
  return folded.join('').normalize('NFC')
}

function upperThenLower(letter: string): string {
  return [...letter.toLowerCase().toUpperCase()].map((upper) => upper.toLowerCase()).join('')
}
