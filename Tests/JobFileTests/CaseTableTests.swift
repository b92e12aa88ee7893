import Foundation
import JobFile
import Jobs
import Testing

@Suite
struct CaseTableTests {
    private static let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1"

    @Test
    func `the table is whole`() {
        #expect(CaseFile.all.count >= 200)
    }

    @Test(arguments: CaseFile.all)
    func `a file is read as its golden file says`(file: CaseFile) throws {
        let outcome = try file.outcome()
        guard !Self.isRecording else {
            try Data(outcome.utf8).write(to: file.goldenFile)
            Testing.Issue.record("recorded \(file.name); run again without RECORD_GOLDEN")
            return
        }
        let golden = try String(decoding: Data(contentsOf: file.goldenFile), as: UTF8.self)
        #expect(outcome == golden)
    }

    @Test(arguments: CaseFile.all)
    func `a file's name says how it is read`(file: CaseFile) {
        let reading = file.reading
        let hasError = reading.issues.contains { $0.severity == .error }
        #expect((reading.job == nil) == hasError)
        switch file.name.prefix(while: { $0 != "-" }) {
        case "valid": #expect(reading.issues.isEmpty)
        case "lenient": #expect(!reading.issues.isEmpty && !hasError)
        case "error", "syntax": #expect(hasError)
        default: Testing.Issue.record("a case is valid-…, lenient-…, error-… or syntax-…")
        }
    }

    @Test(arguments: CaseFile.all)
    func `issues are in the order of the file`(file: CaseFile) {
        let places = file.reading.issues.map { [$0.line, $0.column] }
        #expect(zip(places, places.dropFirst()).allSatisfy { !$1.lexicographicallyPrecedes($0) })
    }
}
