import Foundation
import Jobs
import TestSupport
import Testing

@testable import CommandLine

@Suite
struct TerminalTests {
    @Test(
        arguments: [
            (
                #"{"step": 360, "of": 1000, "rate": 12.5, "secondsLeft": 52}"#,
                "step 360 of 1000, 12.5 steps/s, 52s left"
            ),
            (#"{"step": 360, "of": null, "rate": null, "secondsLeft": null}"#, "step 360"),
            ("null", nil),
        ] as [(String, String?)],
        ["running", "suspended"]
    )
    func `the status of a job says how far the training is`(_ case: (String, String?), phase: String) throws {
        let (progress, running) = `case`
        // Only a training that goes on has a rate.
        let line = phase == "running" ? running : running.map { String($0.prefix { $0 != "," }) }
        let key = #""id": "a", "cluster": "b", "partition": "c", "uid": "", "commit": """#
        let text = #"{"metadata": {\#(key)}, "status": {"phase": "\#(phase)", "progress": \#(progress)}}"#
        let job = try JSONDecoder().decode(JobAnswer.self, from: Data(text.utf8))
        let table = StatusTable(width: nil, usesColour: false, now: Date())
        let lines = StatusDetail(table: table).lines(job)
        #expect(lines.filter { $0.contains("step") } == [line].compactMap(\.self))
    }

    @Test(
        arguments: [
            ("", 0), ("abc", 3), ("日本", 4), ("e\u{301}", 1), ("한", 2), ("👍", 2), ("🇩🇪", 2), ("❤\u{FE0F}", 2), ("…", 1),
            ("ｆ", 2), ("ﬁ", 1), ("ا", 1),
        ] as [(String, Int)]
    )
    func `a text is as wide as a terminal shows it`(text: String, width: Int) {
        #expect(text.width == width)
    }

    @Test(
        arguments: [
            ("hello", 5, "hello", "hello"), ("hello", 4, "hel…", "…llo"), ("日本語", 5, "日本…", "…本語"),
            ("日本語", 4, "日…", "…語"), ("日本語", 1, "…", "…"), ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…", "…e\u{301}"),
            ("a", 0, "", ""),
        ] as [(String, Int, String, String)]
    )
    func `text that does not fit is cut between characters`(text: String, columns: Int, atEnd: String, atStart: String)
    {
        #expect(text.fitted(to: columns) == atEnd)
        #expect(text.fitted(to: columns, cutting: .start) == atStart)
    }

    /// Random text with wide, invisible and control characters.
    private func text(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "a", "word ", "日本", "e\u{301}", "👩‍👩‍👧", "🇩🇪", "\u{1B}[31m", "\u{202E}", "\n", "\t", "❤\u{FE0F}", "x/y", "\u{7}",
            "\u{AD}",
        ]
        return (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }
            .joined()
    }

    @Test(arguments: sweep(300, full: 20_000))
    func `no line of a table is wider than the terminal or contains control characters`(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let columns = (0..<Int.random(in: 1...6, using: &random)).map { index in
            TextTable.Column(
                title: "C\(index)",
                minimum: Bool.random(using: &random) ? Int.random(in: 1...10, using: &random) : nil,
                cut: Bool.random(using: &random) ? .start : .end,
                rank: Bool.random(using: &random) ? index : nil,
                isNumber: Bool.random(using: &random)
            )
        }
        let width = Int.random(in: 1...60, using: &random)
        var table = TextTable(columns, width: width, usesColour: false)
        var free = TextTable(columns, width: nil, usesColour: false)
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let row = columns.map { _ in TextTable.Cell(text(&random)) }
            table.addRow(row)
            free.addRow(row)
        }
        for line in table.lines {
            #expect(line.width <= width)
            #expect(line.unicodeScalars.allSatisfy { $0.isPlain })
            #expect(line.last != " ")
        }
        #expect(table.lines.count == table.rows.count + 1)
        for (line, row) in zip(free.lines.dropFirst(), free.rows) {
            for cell in row {
                #expect(cell.text.isEmpty || line.contains(cell.text))
            }
        }
    }

    @Test(arguments: sweep(200, full: 20_000))
    func `the last lines are those of the program tail, for any parts of the text`(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
            Int.random(in: 0..<4, using: &random) == 0 ? UInt8(ascii: "\n") : UInt8(ascii: "a")
        }
        let count = Int.random(in: 0...6, using: &random)
        var last = LastLines(count)
        var rest = bytes[...]
        while !rest.isEmpty {
            let size = Int.random(in: 1...20, using: &random)
            last.append(Data(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
        let isEnded = lines.last?.isEmpty == true
        if isEnded { lines.removeLast() }
        let expected = lines.suffix(count).map { $0 + [UInt8(ascii: "\n")] }.joined()
        #expect(Array(last.bytes) == (isEnded || count == 0 ? Array(expected) : Array(expected.dropLast())))
        #expect(last.size == bytes.count)
    }

    @Test(
        arguments: [
            (0, "0s"), (59, "59s"), (60, "1m00s"), (3599, "59m59s"), (3600, "1h00m"), (90_000, "1d01h"), (-5, "0s"),
        ] as [(Int, String)]
    )
    func `a duration is its two largest units`(seconds: Int, text: String) {
        #expect(Duration.seconds(seconds).text == text)
    }

    @Test(
        arguments: [
            // An earlier service says only when a run began and ended.
            (nil, nil, Self.start, "2026-01-01T00:00:30.500Z", "30s"), (nil, nil, Self.start, nil, "1m40s"),
            (nil, nil, nil, nil, nil), (nil, nil, "soon", nil, nil),
            // A part that is over, one that runs, and both.
            (40.7, nil, Self.start, nil, "40s"), (0, Self.start, Self.start, nil, "1m40s"),
            (40, Self.start, Self.start, nil, "2m20s"),
            (40, nil, Self.start, "2026-01-01T01:00:00Z", "40s"), (40, "soon", Self.start, nil, "40s"),
        ] as [(Double?, String?, String?, String?, String?)]
    )
    func `the time of a run is that of its parts`(
        seconds: Double?,
        since: String?,
        from: String?,
        to: String?,
        text: String?
    ) {
        let now = Date(timeIntervalSince1970: 1_767_225_700)
        #expect(Duration(active: seconds, since: since, from: from, to: to, now: now)?.text == text)
    }

    private static let start = "2026-01-01T00:00:00Z"
}
