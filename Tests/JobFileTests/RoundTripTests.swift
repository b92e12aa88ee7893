import Foundation
import JobFile
import Jobs
import Testing

@Suite
struct RoundTripTests {
    @Test(arguments: CaseFile.usable)
    func `the canonical form is read as the same job, without a warning`(file: CaseFile) throws {
        let job = try #require(file.reading.job)
        let again = JobFile.read(Array(try canonicalText(job).utf8), at: CaseFile.key)
        #expect(again.issues.isEmpty)
        #expect(again.job == job)
        #expect(again.job?.digest == job.digest)
    }

    @Test(arguments: CaseFile.usable)
    func `the text of the canonical form is as JSONEncoder writes it`(file: CaseFile) throws {
        let job = try #require(file.reading.job)
        #expect(try CanonicalJob(job).text == encodedText(job))
        #expect(try CanonicalJob(job, includesName: false).text == encodedText(job, includesName: false))
    }

    @Test
    func `every character of a text is escaped as JSONEncoder does it`() throws {
        var job = try #require(JobFile.read(Array(Self.text.utf8), at: CaseFile.key).job)
        job.description = String(String.UnicodeScalarView((0..<0x2100).compactMap(Unicode.Scalar.init))) + "\u{1F680}"
        job.environment = ["a\"b": "1", "A": "\\", "é": "/", "b": ""]
        #expect(try CanonicalJob(job).text == encodedText(job))
    }

    private func encodedText(_ job: Job, includesName: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(CanonicalJob(job, includesName: includesName)), as: UTF8.self)
    }

    @Test(arguments: CaseFile.usable)
    func `the form of the service is read as the same job`(file: CaseFile) throws {
        let job = try #require(file.reading.job)
        let key = CaseFile.key
        let name = String(decoding: try JSONEncoder().encode(job.name ?? key.id), as: UTF8.self)
        let text = """
            {"metadata": {"uid": "ann", "id": "\(key.id)", "name": \(name), "partition": "\(key.partition)"},
             "spec": \(try canonicalText(job, includesName: false)), "status": {"phase": "running"}}
            """
        let again = JobFile.read(Array(text.utf8), at: key)
        #expect(again.issues.isEmpty)
        #expect(again.job?.digest == job.digest)
        #expect(again.job == job)
    }

    @Test
    func `a masked secret is an error that asks for the real value`() throws {
        var job = try #require(JobFile.read(Array(Self.text.utf8), at: CaseFile.key).job)
        job.environment = ["DB_PASSWORD": "hunter2"]
        let reading = JobFile.read(Array(try canonicalText(job.masked).utf8), at: CaseFile.key)
        #expect(reading.job == nil)
        #expect(reading.issues.map(\.pointer) == ["/environment/DB_PASSWORD"])
        #expect(reading.issues.first?.message.contains("the real value") == true)
    }

    @Test(arguments: [
        #"{"environment": {"DB_PASSWORD": 12345678}}"#,
        #"{"environment": "DB_PASSWORD=12345678,X"}"#,
        #"{"enviroment": "DB_PASSWORD=12345678"}"#,
        #"{"environment": {"DB_PASSWORD": "12345678\u0000"}}"#,
    ])
    func `no message shows the value of a variable`(text: String) {
        let issues = JobFile.read(Array(text.utf8), at: CaseFile.key).issues
        #expect(!issues.isEmpty)
        #expect(issues.allSatisfy { !$0.message.contains("12345678") })
    }

    private static let text = #"{"runtime": "Python_3.11", "bootfile": "train.py", "cpu": 1, "memory": "1Gi"}"#
}
