import Foundation
import Jobs

/// Values that are kept as JSON in a column.
enum StoredValue {
    /// The text of an empty list.
    static let noIssues = "[]"

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .millisecondsSince1970
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func read<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .millisecondsSince1970
        return try decoder.decode(type, from: Data(text.utf8))
    }
}

/// Job definitions, kept in the canonical form and read by the one reader that there is for it.
enum StoredJob {
    static func text(_ job: Job?) -> String? {
        job.map { CanonicalJob($0).text }
    }

    static func read(_ text: String?, _ key: JobKey) throws -> Job? {
        guard let text else { return nil }
        let reading = JobFile.read(Array(text.utf8), at: key, under: .whenAccepted)
        guard let job = reading.job else {
            throw JournalError("the definition of \(key) can't be read back: \(reading.issues.map(\.message))")
        }
        return job
    }
}
