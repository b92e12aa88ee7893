import ArgumentParser
import Foundation
import Git
import JobFile
import Jobs
import Logging
import TestSupport
import Testing

@testable import CommandLine
@testable import RESTView
@testable import Service

/// Passes untrusted text in every field through every output for people.
@Suite
struct EscapingTests {
    static let hostile = [
        "\u{1B}]0;title\u{7}", "\u{1B}[2J", "\r", "\n::error::forged", "::error file=x::forged",
        " \u{A0}::error::forged", "##[error]forged",
        "##vso[task.complete]", "|", "a\\|b", "\\", "`", "a``` `b", "<script>alert(1)</script>", "\u{202E}",
        "\u{2066}x", "\u{9B}31m", "\0",
        "\u{2028}", "\u{85}", "@everyone", "https://evil.example/", "www.evil.example", "![x](y) [a](b)", "\u{200B}",
        "*b* _c_ ~d~", "%0A::error::x",
        "\n\n# forged\n", "</code></details>", "$x$", "a\u{FEFF}b", "tab\there",
    ]

    private static let key = JobKey(cluster: "default", partition: "team-a", id: "mnist")
    private static let time = "2026-01-01T00:00:00Z"

    /// Issues with the text in each of their fields.
    private static func issues(_ text: String) -> [Jobs.Issue] {
        [
            Jobs.Issue(path: "clusters/\(text)", severity: .error, message: "message"),
            Jobs.Issue(path: text, severity: .error, message: text),
            Jobs.Issue(path: "path", pointer: "/\(text)", severity: .warning, message: "message"),
            Jobs.Issue(path: "path", severity: .error, message: "the text \(text) is wrong"),
        ]
    }

    private static func job(_ members: [String: Any]) throws -> Job? {
        let base: [String: Any] = [
            "runtime": "Python_3.11", "bootfile": "a.py", "type": "worker", "cpu": "1", "memory": "1Gi", "gpu": "0",
        ]
        let data = try JSONSerialization.data(withJSONObject: base.merging(members) { $1 })
        return JobFile.read(Array(data), at: key, under: .whenAccepted).job
    }

    /// A plan with the text as the name and the value of a variable, an argument, and a description.
    private static func plan(_ text: String) throws -> PlanSource.Result {
        let id = try #require(ObjectID(String(repeating: "a", count: 40)))
        var old: [JobKey: DesiredJob] = [:]
        var new: [JobKey: DesiredJob] = [:]
        let variants: [[String: Any]] = [
            ["environment": ["A\(text)": text]], ["args": [text]], ["description": text],
        ]
        for (number, members) in variants.enumerated() {
            let key = JobKey(cluster: "default", partition: "team-a", id: "job-\(number)")
            old[key] = try job([:]).map(DesiredJob.valid)
            new[key] = try (job(members) ?? job(["args": ["word"]])).map(DesiredJob.valid)
        }
        let first = JobKey(cluster: "default", partition: "team-a", id: "job-0")
        let running = ServiceJobs.State(
            phase: "running",
            run: 1,
            runningSince: text,
            runCommit: text,
            waits: false,
            message: text
        )
        let waiting = ServiceJobs.State(
            phase: "pending",
            run: 0,
            runningSince: nil,
            runCommit: nil,
            waits: true,
            message: text
        )
        let place = Dependency(id: first.id, pointer: text, line: 1, column: 1)
        return PlanSource.Result(
            base: id,
            head: id,
            plan: try TreePlan(from: old, to: new, changed: Set(old.keys)),
            fileIssues: issues(text),
            keptCode: [KeptCode(key: first, folder: text, rerun: 1, place: nil)],
            dependents: [Dependent(key: Self.key, dependency: first, rerun: 1, place: place)],
            notes: [],
            emptyReason: text,
            service: ServiceJobs(states: [Self.key: waiting, first: running], running: [:])
        )
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ object: [String: Any]) throws -> Value {
        try JSONDecoder().decode(type, from: JSONSerialization.data(withJSONObject: object))
    }

    private static func jobAnswer(_ text: String) throws -> JobAnswer {
        let issue: [String: Any] = [
            "path": text, "line": 1, "column": 1, "pointer": text, "severity": "error", "message": text,
        ]
        let replica: [String: Any] = ["id": text, "type": text, "status": text, "node": text, "startTime": text]
        return try decode(
            JobAnswer.self,
            [
                "metadata": ["id": text, "cluster": text, "partition": text, "uid": text, "commit": text],
                "status": [
                    "phase": text, "reason": text, "message": text, "run": 1, "replicas": [replica], "issues": [issue],
                ],
            ]
        )
    }

    private static func history(_ text: String) throws -> HistoryAnswer {
        try decode(
            HistoryAnswer.self,
            [
                "commit": text, "author": text, "message": "", "time": text, "action": text, "result": text,
                "error": text,
                "phase": text,
            ]
        )
    }

    private static func commit(_ text: String) throws -> CommitAnswer {
        let action = ["cluster": text, "partition": text, "id": text, "action": text, "result": text, "error": text]
        return try decode(
            CommitAnswer.self,
            ["commit": text, "state": text, "actions": [action], "issues": [] as [Any]]
        )
    }

    /// The log output of the service for a text.
    private static func log(_ text: String) -> String {
        let lines = LogCollector.Lines()
        var logger = Logger(label: "test") { _ in PlainLogHandler(LogCollector(lines: lines)) }
        logger[metadataKey: "all"] = "\(text)"
        let list: Logger.MetadataValue = .array([
            "\(text)", .dictionary(["a": .stringConvertible(URLError(.badURL)), "b": "\(text)"]),
        ])
        logger.info("\(text)", metadata: ["one": "\(text)", "list": list])
        logger.error("failed: \(text)")
        return lines.all.map { "\($0)\n" }.joined()
    }

    @Test
    func `the service's log leaves out empty values`() {
        let lines = LogCollector.Lines()
        let logger = Logger(label: "test") { _ in PlainLogHandler(LogCollector(lines: lines)) }
        logger.info("run ended", metadata: ["message": "", "phase": "succeeded"])
        #expect(lines.all.joined().contains("succeeded"))
        #expect(!lines.all.joined().contains("message"))
    }

    private static func metrics(_ text: String) -> String {
        var metrics = MetricsText()
        metrics.write(Metric("x", .gauge, "X."), 1, [("label", text)])
        return metrics.text
    }

    private static func table(_ answer: JobAnswer) -> String {
        let table = StatusTable(width: nil, usesColour: false, now: Date())
        return (table.table([answer]).lines + StatusDetail(table: table).lines(answer)).map { $0 + "\n" }.joined()
    }

    static let outputs: [(name: String, write: @Sendable (String) throws -> String)] = [
        ("an issue", { issues($0).map { "\($0)\n" }.joined() }),
        (
            "validate",
            { text in
                let files = issues(text).map { CheckedFile(shown: $0.path, unreadable: $0.message) }
                return try ValidationReport(files: CheckedFiles(count: 1, notable: files), usesColour: false).text(
                    .text
                )
            }
        ),
        ("annotations", { issues($0).map(GitHubAnnotation.text).joined() }),
        ("plan", { PlanText(try plan($0), usesColour: false).text }),
        ("plan as annotations", { PlanAnnotations(try plan($0)).text }),
        ("plan as markdown", { PlanMarkdown(try plan($0)).text }),
        ("status", { table(try jobAnswer($0)) }),
        (
            "history",
            { text in
                HistoryTable(width: nil, usesColour: false, now: Date()).lines([try history(text)]).map { $0 + "\n" }
                    .joined()
            }
        ),
        (
            "wait",
            {
                WaitText(try commit($0), [CommitWait.Run(key: key, phase: $0, message: $0, isOver: true)], newest: $0)
                    .text
            }
        ),
        ("an error", { "\(ServerError(.refused, $0))\n" }),
        ("wrong usage", { "\(ValidationError(CommandError("there is no file or folder \($0)")).message)\n" }),
        ("the log", log),
        ("metrics", metrics),
        ("a problem's sentence", { "the name \($0.quoted) is wrong\n" }),
    ]

    @Test(arguments: 0..<outputs.count)
    func `control characters in untrusted text are escaped`(output: Int) throws {
        let (name, write) = Self.outputs[output]
        let plain = try write("word")
        for text in Self.hostile {
            let written = try write(text)
            let harm = written.unicodeScalars.filter { !$0.isPlain && $0 != "\n" && $0 != "\u{FE0F}" }
            #expect(harm.isEmpty, "\(name): \(PlainText.quoted(text)) leaves \(harm.map(\.value))")
            let (lines, plainLines) = (Self.lines(written), Self.lines(plain))
            #expect(lines.count == plainLines.count, "\(name): \(PlainText.quoted(text)) makes \(lines.count) lines")
            #expect(commands(lines) == commands(plainLines), "\(name): \(PlainText.quoted(text))")
            #expect(!written.contains(/##[a-z]*\[/), "\(name): \(PlainText.quoted(text))")
        }
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The number of lines that a runner reads as commands.
    private func commands(_ lines: [Substring]) -> Int {
        lines.count { $0.trimmingCharacters(in: .whitespaces).contains(/^::[a-z]/) }
    }

    @Test
    func `a comment's tables keep their cells, and nothing outside code is a link, a mention or HTML`() throws {
        func cells(_ markdown: String) -> [Int] {
            markdown.split(separator: "\n").filter { $0.hasPrefix("|") }.map { row in
                // As in the parser of the specification, a backslash escapes the next character.
                row.replacing(/\\./, with: "").count { $0 == "|" }
            }
        }
        let plain = cells(PlanMarkdown(try Self.plan("word")).text)
        for text in Self.hostile {
            let markdown = PlanMarkdown(try Self.plan(text)).text
            #expect(cells(markdown) == plain, "\(PlainText.quoted(text))")
            let prose = markdown.replacing(/(`+)(?!`).*?[^`]\1(?!`)/, with: "")
            for markup in ["<script", "@everyone", "https://evil", "www.evil", "[x](", "[a]("] {
                #expect(!prose.contains(markup), "\(PlainText.quoted(text))")
            }
            #expect(markdown.matches(of: /<details>/).count == prose.matches(of: /<\/details>/).count)
        }
    }

    @Test
    func `JSON for programs keeps the original text`() throws {
        for text in Self.hostile {
            let files = [CheckedFile(shown: text, unreadable: text)]
            let report = try ValidationReport(files: CheckedFiles(count: 1, notable: files), usesColour: false).text(
                .json
            )
            let document = try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any]
            let issue = (document?["issues"] as? [[String: Any]])?.first
            #expect(issue?["path"] as? String == text)
            #expect(issue?["message"] as? String == text)
            #expect(report.unicodeScalars.count { $0.value < 0x20 } == 1, "the line break at the end alone")
        }
    }
}
