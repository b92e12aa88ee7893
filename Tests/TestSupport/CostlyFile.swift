import JobFile
import Jobs

/// A file made to cost much: as large as a file may be, one part of it again and again, or many parts like it.
package struct CostlyFile: Sendable, CustomStringConvertible {
    /// What there is so much of.
    package let description: String
    private let head: String
    private let part: @Sendable (Int) -> String
    private let tail: String

    /// - Parameters:
    ///   - what: what there is so much of.
    ///   - head: stands before it.
    ///   - part: what is repeated.
    ///   - tail: stands after it.
    package init(_ what: String, _ head: String, _ part: String, _ tail: String = "") {
        description = what
        self.head = head
        self.part = { _ in part }
        self.tail = tail
    }

    /// - Parameters:
    ///   - what: what there is so much of.
    ///   - list: the key of a list or an object with it.
    ///   - open: begins the value.
    ///   - close: ends it.
    ///   - part: makes the next part, by its number.
    private init(
        _ what: String,
        _ list: String,
        _ open: String,
        _ close: String,
        part: @escaping @Sendable (Int) -> String
    ) {
        description = what
        head = #"{"runtime":"Python_3.11","bootfile":"a","cpu":1,"memory":"1Gi","\#(list)":\#(open)"#
        self.part = { ($0 == 0 ? "" : ",") + part($0) }
        tail = close + "}"
    }

    /// All of it.
    package var bytes: [UInt8] {
        var bytes = Array(head.utf8)
        bytes.reserveCapacity(JobFile.largest)
        for number in 0... {
            let next = part(number).utf8
            guard bytes.count + next.count + tail.utf8.count <= JobFile.largest else { break }
            bytes += next
        }
        return bytes + tail.utf8
    }

    /// Comparing them by canonical equivalence takes time in the square of their number.
    private static let marks = "\u{301}\u{316}"

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
        CostlyFile("combining marks in a key", "{\"", marks, "\":1}"),
        CostlyFile("combining marks in a key of the service", "{\"spec\":{},\"status\":{\"", marks, "\":1}}"),
        CostlyFile("combining marks in a variable's name", "{\"environment\":{\"", marks, "\":\"\"}}"),
        CostlyFile("combining marks in a variable of a string", "{\"enviroment\":\"", marks, "=a\"}"),
        CostlyFile("combining marks in a variable's value", "{\"environment\":{\"A_KEY\":\"", marks, "\"}}"),
        CostlyFile("combining marks in a type", "{\"type\":\"", marks, "\"}"),
        CostlyFile("combining marks in a name", "{\"name\":\"", marks, "\"}"),
        CostlyFile("combining marks in an id", "{\"dependsOn\":[\"", marks, "\"]}"),
        CostlyFile("combining marks in a module", "{\"module\":\"", marks, "\"}"),
        CostlyFile("combining marks in a path", "{\"bootfile\":\"", marks, "\"}"),
        CostlyFile("digits of an argument", "{\"args\":[", "9", "]}"),
        CostlyFile("long keys in one another", "{", "\"" + String(repeating: "k", count: 1000) + "\":{", ""),
        CostlyFile("a long runtime", "{\"runtime\":\"Python_", "1", "\"}"),
        CostlyFile("a long path", "{\"workdir\":\"", "../", "\"}"),
        CostlyFile("a long type", "{\"type\":\"", "W", "\"}"),
        CostlyFile("line breaks", "{", "\n", "\"a\":1}"),
        CostlyFile("different dependencies", "dependsOn", "[", "]") { "\"\(String($0, radix: 36))\"" },
        CostlyFile("different arguments", "args", "[", "]") { "\"\($0 % 10)\"" },
        CostlyFile("different variables", "environment", "{", "}") { "\"a\($0)\":\"\"" },
    ]
}
