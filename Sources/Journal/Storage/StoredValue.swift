import Foundation
import GRDB
import JobFile
import Jobs

/// A stored value that no version of the service writes. The file is damaged, and is set aside like one that SQLite can't read.
struct StoredValueFault: Error, CustomStringConvertible {
    /// Names the place without the value, which may be secret.
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// Whether a text can be the id of a commit. Each row has one, and a regular expression is parsed at each use.
    static func isCommit(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0.isWordCharacter && $0 != UInt8(ascii: "_") }
    }

    /// Checks that a walk from one cluster to the next ends: a damaged name may sort before itself.
    static func check(_ cluster: String, after last: String?) throws(StoredValueFault) {
        guard JobPath.labelFault(cluster) == nil, last.map({ $0 < cluster }) ?? true else {
            throw StoredValueFault("a stored cluster has no valid name")
        }
    }
}

/// Values that are stored as JSON in a column.
enum StoredValue {
    /// The text of an empty list.
    static let noIssues = "[]"

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.clamped.timeIntervalSince1970 * 1000)
        }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func read<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let date = Date(timeIntervalSince1970: try decoder.singleValueContainer().decode(Double.self) / 1000)
            guard date == date.clamped else { throw StoredValueFault("a stored time is out of range") }
            return date
        }
        do {
            return try decoder.decode(type, from: Data(text.utf8))
        } catch {
            throw StoredValueFault("a stored \(type) can't be read")
        }
    }
}

/// Job definitions, stored in the canonical form.
enum StoredJob {
    static func text(_ job: Job?) -> String? {
        job.map { CanonicalJob($0).text }
    }

    static func read(_ text: String, _ key: JobKey) throws -> Job {
        guard let job = JobFile.read(Array(text.utf8), at: key, under: .whenAccepted).job else {
            throw StoredValueFault("the stored definition of \(key) can't be read")
        }
        return job
    }
}

extension Date {
    private static let earliest = Date(timeIntervalSince1970: -62_135_596_800)
    private static let latest = Date(timeIntervalSince1970: 253_402_300_799)

    /// The nearest time from the year 1 to 9999, UTC: RFC 3339 and SQLite have no other years, and a commit may have any.
    var clamped: Date { min(max(self, Self.earliest), Self.latest) }
}

extension Row {
    /// The value of a column.
    ///
    /// - Throws: ``StoredValueFault`` if the column has something else. GRDB's subscript would end the process.
    func value<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        do {
            return try decode(Value.self, forColumn: column)
        } catch {
            throw StoredValueFault("a stored \(column) can't be read")
        }
    }

    /// The time in a column; nil for NULL.
    func time(_ column: String) throws -> Date? {
        let time: Date? = try value(column)
        guard time == time?.clamped else { throw StoredValueFault("a stored \(column) is out of range") }
        return time
    }

    /// The time that a run ran, by its columns `activeSeconds` and `activeSince`; nil if no replica has started.
    func activeTime() throws -> ActiveTime? {
        guard let past: Double = try value("activeSeconds") else { return nil }
        return ActiveTime(past: past, since: try time("activeSince"))
    }

    /// The number of a run.
    func runNumber(_ column: String = "run") throws -> Int {
        let number: Int = try value(column)
        guard (0...Int(Int32.max)).contains(number) else {
            throw StoredValueFault("a stored \(column) is out of range")
        }
        return number
    }

    /// One of the words of an enumeration; nil for NULL.
    func word<Word: RawRepresentable<String>>(_ column: String) throws -> Word? {
        guard let text: String = try value(column) else { return nil }
        guard let word = Word(rawValue: text) else { throw StoredValueFault("a stored \(column) is not known") }
        return word
    }

    /// The id of a commit; nil for NULL.
    ///
    /// SQLite returns a text up to a zero byte, and no statement would find the row by that part.
    func commit(_ column: String) throws -> String? {
        let name: String? = try value(column)
        guard name.map(StoredValueFault.isCommit) ?? true else {
            throw StoredValueFault("a stored \(column) is no commit")
        }
        return name
    }

    /// The job of a row, by its columns `cluster`, `partition` and `id`.
    func key() throws -> JobKey {
        let key = JobKey(cluster: try value("cluster"), partition: try value("partition"), id: try value("id"))
        // It names folders and objects.
        guard JobPath(key.path) == .job(key) else { throw StoredValueFault("a stored job has no valid name") }
        return key
    }
}
