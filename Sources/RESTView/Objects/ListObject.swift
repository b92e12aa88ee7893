import Formats
import Foundation
import Jobs
import Journal

/// A list, or a page of one.
struct ListObject<Item: Encodable>: Encodable {
    private let metadata: ListMetadata
    private let items: [Item]

    /// Creates a page.
    ///
    /// - Parameters:
    ///   - items: the items of this page.
    ///   - total: the number of items on all pages.
    ///   - commit: the newest commit that the service has read; nil before the first.
    ///   - next: the token for the next page; nil on the last.
    init(_ items: [Item], total: Int, commit: String?, next: String? = nil) {
        metadata = ListMetadata(total: total, commit: commit, continue: next)
        self.items = items
    }
}

/// The properties of a list besides its items.
struct ListMetadata: Encodable {
    let total: Int
    @Nullable var commit: String?
    @Nullable var `continue`: String?
    /// Absent without the parameter `endedSince`.
    var endedBefore: Int?
}

/// The position where a page ended, as an opaque word that needs no escaping in a query.
enum ContinueToken {
    static func encode(_ position: some Encodable) throws -> String {
        Base64URL.encode(try JSONDocument(position).data)
    }

    /// - Throws: ``Problem`` with 400 for a text that is not a token of this kind.
    static func decode<Position: Decodable>(_ text: String, as type: Position.Type) throws(Problem) -> Position {
        guard let position = Base64URL.decode(text.utf8).flatMap({ try? JSONDecoder().decode(type, from: $0) }) else {
            throw .badRequest("continue is \(text.quoted), which no list gave; leave it out for the first page")
        }
        return position
    }
}

/// A cluster or a partition with the number of its jobs in each phase, including phases with 0.
struct CountsObject: Encodable {
    private let id: String
    private let total: Int
    private let counts: [String: Int]

    init(_ group: JobCounts.Group) {
        self.init(sum: [group], id: group.id)
    }

    /// Adds the numbers of several groups.
    init(sum groups: [JobCounts.Group], id: String) {
        self.id = id
        let phases = groups.reduce(into: [:]) { sum, group in sum.merge(group.phases, uniquingKeysWith: +) }
        total = phases.values.reduce(0, +)
        counts = Dictionary(uniqueKeysWithValues: Phase.allCases.map { ($0.rawValue, phases[$0, default: 0]) })
    }
}
