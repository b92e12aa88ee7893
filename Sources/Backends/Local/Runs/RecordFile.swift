import Foundation
import Platform

/// A value in a JSON file that is whole or absent.
enum RecordFile {
    /// Writes it durably, over what is there.
    static func write(_ value: some Encodable, to url: URL) throws {
        try DurableFile.write(Array(JSONEncoder().encode(value)), to: url.path)
    }

    /// Reads it; nil where there is no file.
    ///
    /// - Throws: where the file holds something else.
    static func read<Value: Decodable>(_ url: URL) throws -> Value? {
        guard let data = FileManager.default.contents(atPath: url.path) else { return nil }
        return try JSONDecoder().decode(Value.self, from: data)
    }
}
