import Jobs

/// A file made to cost much: as large as a file may be, one part of it again and again.
package struct CostlyFile: Sendable, CustomStringConvertible {
    /// What there is so much of.
    package let description: String
    private let head: String
    private let part: String
    private let tail: String

    /// - Parameters:
    ///   - what: what there is so much of.
    ///   - head: stands before it.
    ///   - part: what is repeated.
    ///   - tail: stands after it.
    package init(_ what: String, _ head: String, _ part: String, _ tail: String = "") {
        description = what
        self.head = head
        self.part = part
        self.tail = tail
    }

    /// All of it.
    package var bytes: [UInt8] {
        let count = (JobFile.largest - head.utf8.count - tail.utf8.count) / part.utf8.count
        return Array(head.utf8) + Array(repeatElement(Array(part.utf8), count: count).joined()) + Array(tail.utf8)
    }

    /// What has cost most so far, and what is like it.
    package static let all = [
        CostlyFile("open brackets", "", "["),
        CostlyFile("open objects", "", "{\"a\":"),
        CostlyFile("one key again and again", "{", "\"name\":1,", "\"a\":1}"),
        CostlyFile("unknown keys", "{", "\"bootfi\":1,", "\"a\":1}"),
        CostlyFile("long unknown keys", "{", "\"bootfilebootfilebootfilebootfile\":1,", "\"a\":1}"),
        CostlyFile("arguments", "{\"args\":[", "\"\",", "\"\"]}"),
        CostlyFile("wrong arguments", "{\"args\":[", "0,", "0]}"),
        CostlyFile("arguments in one string", "{\"args\":\"", "a ", "\"}"),
        CostlyFile("variables in one string", "{\"enviroment\":\"", "=,", "\"}"),
        CostlyFile("one variable again and again", "{\"environment\":{", "\"a\":\"\",", "\"b\":1}}"),
        CostlyFile("wrong groups", "{\"replicas\":[", "0,", "0]}"),
        CostlyFile("empty groups", "{\"replicas\":[", "{},", "{}]}"),
        CostlyFile("dependencies", "{\"dependsOn\":[", "\"a\",", "\"a\"]}"),
        CostlyFile("escapes", "{\"description\":\"", "\\u0041", "\"}"),
        CostlyFile("digits", "{\"count\":", "9", "}"),
        CostlyFile("digits of memory", "{\"memory\":\"0.", "9", "Gi\"}"),
        CostlyFile("an exponent", "{\"cpu\":1e", "9", "}"),
        CostlyFile("a long status", "{\"spec\":{},\"status\":[", "{\"a\":[]},", "0]}"),
        CostlyFile(
            "repeats below a long key",
            "{\"status\":{\"" + String(repeating: "k", count: 1 << 19) + "\":{",
            "\"a\":0,",
            "\"a\":0}},\"spec\":{}}"
        ),
        CostlyFile("a long runtime", "{\"runtime\":\"Python_", "1", "\"}"),
        CostlyFile("a long path", "{\"workdir\":\"", "../", "\"}"),
        CostlyFile("a long type", "{\"type\":\"", "W", "\"}"),
        CostlyFile("line breaks", "{", "\n", "\"a\":1}"),
    ]
}
