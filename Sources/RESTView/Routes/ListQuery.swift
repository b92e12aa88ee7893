import Foundation
import Hummingbird
import Jobs
import Journal

/// The query of a list, checked.
struct ListQuery {
    private static let known: Set = ["limit", "continue", "phase", "uid", "q", "sort"]
    private static let limits = 1...5000

    private let values: [String: String]

    /// - Throws: ``Problem`` for a parameter that is not known or given twice: a list that is silently not filtered misleads.
    init(_ parameters: Parameters) throws(Problem) {
        var values: [String: String] = [:]
        for (name, value) in parameters {
            let name = String(name)
            guard Self.known.contains(name) else {
                throw .badRequest(
                    "\"\(name)\" is not a parameter of a list; known are \(Self.known.sorted().joined(separator: ", "))"
                )
            }
            guard values.updateValue(String(value), forKey: name) == nil else {
                throw .badRequest("\"\(name)\" is given twice; give it once")
            }
        }
        self.values = values
    }

    func query(cluster: String, partition: String) throws(Problem) -> JobQuery {
        var query = JobQuery(cluster: cluster, partition: partition)
        query.uid = values["uid"]
        query.text = values["q"]
        if let text = values["limit"] {
            guard let limit = Int(text), Self.limits.contains(limit) else {
                throw .badRequest("limit is \"\(text)\"; write a whole number from 1 to 5000")
            }
            query.limit = limit
        }
        if let text = values["phase"] {
            guard let phase = Phase(rawValue: text) else {
                throw .badRequest(
                    "phase is \"\(text)\"; write one of \(Phase.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            query.phase = phase
        }
        if let text = values["sort"] {
            guard let order = JobQuery.Order(rawValue: text) else {
                throw .badRequest("sort is \"\(text)\"; write id, -creationTime or -lastUpdateTime")
            }
            query.order = order
        }
        if let text = values["continue"] {
            guard let position = ContinueToken.position(text) else {
                throw .badRequest("continue is no value that a list gave; leave it out for the first page")
            }
            query.after = position
        }
        return query
    }
}

/// Where a page ended, as a word that clients hand back unread.
enum ContinueToken {
    static func text(_ position: JobQuery.Position) throws -> String {
        try JSONEncoder().encode(position).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func position(_ text: String) -> JobQuery.Position? {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        return Data(base64Encoded: base64).flatMap { try? JSONDecoder().decode(JobQuery.Position.self, from: $0) }
    }
}
