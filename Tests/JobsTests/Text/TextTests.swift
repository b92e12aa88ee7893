import Foundation
import Jobs
import Testing

@Suite
struct PlainTextTests {
    @Test(
        arguments: [
            ("plain \"text\" \\", "plain \"text\" \\"), ("a\nb\tc\rd", "a\\nb\\tc\\u000dd"),
            ("\u{1B}]0;x\u{7}", "\\u001b]0;x\\u0007"),
            ("\u{9B}31m", "\\u009b31m"), ("\u{202E}\u{200B}\u{2028}", "\\u202e\\u200b\\u2028"), ("\0", "\\u0000"),
            ("日本 é", "日本 é"), ("::error::x", "\\u003a:error::x"), ("  ::error::x", "  \\u003a:error::x"),
            ("\u{A0}::error::x", "\u{A0}\\u003a:error::x"), ("a ::error::x", "a ::error::x"), ("::1", "::1"),
            (":", ":"), ("::", "::"),
            ("a ##[error]x", "a #\\u0023[error]x"), ("##vso[task]", "#\\u0023vso[task]"), ("###[x]", "##\\u0023[x]"),
            ("## heading", "## heading"), ("#1 and #[x]", "#1 and #[x]"),
        ] as [(String, String)]
    )
    func `a line does nothing but appear`(text: String, line: String) {
        #expect(PlainText.line(text) == line)
        #expect(PlainText.line(line) == line, "escaping twice changes nothing")
    }

    @Test
    func `a quoted text can be told from what stands around it`() {
        #expect(PlainText.quoted("a\"b\\c\n##[x]") == #""a\"b\\c\n#\u0023[x]""#)
    }
}

@Suite
struct FormatTests {
    @Test(
        arguments: [
            ("2026-01-02T03:04:05Z", 1_767_323_045), ("2026-01-02T04:04:05+01:00", 1_767_323_045),
            ("2026-01-02T03:04:05.500Z", 1_767_323_045.5), ("2026-01-02", nil), ("", nil),
        ] as [(String, Double?)]
    )
    func `a time is read with and without fractions of a second`(text: String, seconds: Double?) {
        #expect(Date(rfc3339: text)?.timeIntervalSince1970 == seconds)
    }
}
