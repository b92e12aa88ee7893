import Jobs
import Testing

/// Files made to cost much. The largest allowed size, each.
@Suite
struct LimitTests {
    private static func filled(_ part: String, between head: String = "", and tail: String = "") -> [UInt8] {
        let count = (JobFile.largest - head.utf8.count - tail.utf8.count) / part.utf8.count
        return Array(head.utf8) + Array(repeatElement(Array(part.utf8), count: count).joined()) + Array(tail.utf8)
    }

    @Test(arguments: [
        ("open brackets", filled("[")),
        ("open objects", filled("{\"a\":")),
        ("one key again and again", filled("\"name\":1,", between: "{", and: "\"a\":1}")),
        ("unknown keys", filled("\"bootfi\":1,", between: "{", and: "\"a\":1}")),
        ("long unknown keys", filled("\"bootfilebootfilebootfilebootfile\":1,", between: "{", and: "\"a\":1}")),
        ("arguments", filled("\"\",", between: "{\"args\":[", and: "\"\"]}")),
        ("wrong arguments", filled("0,", between: "{\"args\":[", and: "0]}")),
        ("arguments in one string", filled("a ", between: "{\"args\":\"", and: "\"}")),
        ("variables in one string", filled("=,", between: "{\"enviroment\":\"", and: "\"}")),
        ("one variable again and again", filled("\"a\":\"\",", between: "{\"environment\":{", and: "\"b\":1}}")),
        ("wrong groups", filled("0,", between: "{\"replicas\":[", and: "0]}")),
        ("empty groups", filled("{},", between: "{\"replicas\":[", and: "{}]}")),
        ("dependencies", filled("\"a\",", between: "{\"dependsOn\":[", and: "\"a\"]}")),
        ("escapes", filled("\\u0041", between: "{\"description\":\"", and: "\"}")),
        ("digits", filled("9", between: "{\"count\":", and: "}")),
        ("digits of memory", filled("9", between: "{\"memory\":\"0.", and: "Gi\"}")),
        ("an exponent", filled("9", between: "{\"cpu\":1e", and: "}")),
        ("a long status", filled("{\"a\":[]},", between: "{\"spec\":{},\"status\":[", and: "0]}")),
        (
            "repeats in a long key",
            filled(
                "\"a\":0,",
                between: "{\"status\":{\"\(String(repeating: "k", count: 1 << 19))\":{",
                and: "\"a\":0}},\"spec\":{}}"
            )
        ),
        ("a long runtime", filled("1", between: "{\"runtime\":\"Python_", and: "\"}")),
        ("a long path", filled("../", between: "{\"workdir\":\"", and: "\"}")),
        ("a long type", filled("W", between: "{\"type\":\"", and: "\"}")),
        ("line breaks", filled("\n", between: "{", and: "\"a\":1}")),
    ])
    func `no file takes longer than a second`(what: String, bytes: [UInt8]) {
        var reading: JobReading?
        let time = ContinuousClock().measure { reading = JobFile.read(bytes, at: CaseFile.key) }
        #expect(reading?.job == nil)
        #expect((reading?.issues.count ?? 0) <= 101)
        #expect(time < Self.allowed, "\(what)")
    }

    /// A build without optimization is about ten times slower.
    private static var allowed: Duration {
        var isDebug = false
        assert(
            {
                isDebug = true; return true
            }()
        )
        return isDebug ? .seconds(10) : .seconds(1)
    }

    @Test
    func `a file over 1 MiB is not read`() {
        let reading = JobFile.read(Self.filled(" ") + [32], at: CaseFile.key)
        #expect(reading.issues.map(\.message) == ["the file has 1048577 bytes: a job file has at most 1048576 (1 MiB)"])
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
