import Jobs
import Testing

/// A file made to cost much: as large as a file may be, one part of it again and again.
struct CostlyFile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let head: String
    private let part: String
    private let tail: String

    init(_ what: String, _ head: String, _ part: String, _ tail: String = "") {
        testDescription = what
        self.head = head
        self.part = part
        self.tail = tail
    }

    var bytes: [UInt8] {
        let count = (JobFile.largest - head.utf8.count - tail.utf8.count) / part.utf8.count
        return Array(head.utf8) + Array(repeatElement(Array(part.utf8), count: count).joined()) + Array(tail.utf8)
    }
}

@Suite
struct LimitTests {
    private static let files = [
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

    @Test(arguments: files)
    func `no file takes longer than a second`(file: CostlyFile) {
        let bytes = file.bytes
        var reading: JobReading?
        let time = ContinuousClock().measure { reading = JobFile.read(bytes, at: CaseFile.key) }
        #expect(reading?.job == nil)
        #expect((reading?.issues.count ?? 0) <= 101)
        #expect(time < Self.allowed)
    }

    /// A build without optimization is about ten times slower.
    private static var allowed: Duration {
        var isOptimized = true
        assert(
            {
                isOptimized = false
                return true
            }()
        )
        return isOptimized ? .seconds(1) : .seconds(10)
    }

    @Test
    func `a file over 1 MiB is not read`() {
        let reading = JobFile.read(CostlyFile("blanks", "", " ").bytes + [32], at: CaseFile.key)
        let message = "the file has 1048577 bytes: a job file has at most 1048576 (1 MiB); keep data beside clusters/"
        #expect(reading.issues.map(\.message) == [message])
    }

    @Test
    func `after a hundred issues the rest is counted`() {
        let keys = (0..<150).map { "\"k\($0)\": 0" }.joined(separator: ", ")
        let issues = JobFile.read(Array("{\(keys)}".utf8), at: CaseFile.key).issues
        #expect(issues.count == 101)
        #expect(issues.last?.message == "and 53 more: correct these first")
        #expect(issues.last?.severity == .error)
    }
}
