import Jobs
import Testing

@Suite
struct PlainTextTests {
    @Test(
        arguments: [
            ("plain \"text\" \\", "plain \"text\" \\"), ("a\nb\tc\rd", "a\\nb\\tc\\u{d}d"),
            ("\u{1B}]0;x\u{7}", "\\u{1b}]0;x\\u{7}"),
            ("\u{9B}31m", "\\u{9b}31m"), ("\u{202E}\u{200B}\u{2028}", "\\u{202e}\\u{200b}\\u{2028}"), ("\0", "\\u{0}"),
            ("日本 é", "日本 é"), ("::error::x", "\\u{3a}:error::x"), ("  ::error::x", "  \\u{3a}:error::x"),
            ("\u{A0}::error::x", "\u{A0}\\u{3a}:error::x"), ("a ::error::x", "a ::error::x"), ("::1", "::1"),
            (":", ":"), ("::", "::"),
            ("a ##[error]x", "a #\\u{23}[error]x"), ("##vso[task]", "#\\u{23}vso[task]"), ("###[x]", "##\\u{23}[x]"),
            ("## heading", "## heading"), ("#1 and #[x]", "#1 and #[x]"),
        ] as [(String, String)]
    )
    func `a line does nothing but appear`(text: String, line: String) {
        #expect(PlainText.line(text) == line)
        #expect(PlainText.line(line) == line, "escaping twice changes nothing")
    }

    @Test
    func `a quoted text can be told from what stands around it`() {
        #expect(PlainText.quoted("a\"b\\c\n##[x]") == #""a\"b\\c\n#\u{23}[x]""#)
    }
}
