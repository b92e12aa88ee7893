import Foundation
import Platform

/// The position where a page ended, as an opaque word that needs no escaping in a query.
enum ContinueToken {
    static func text(_ position: some Encodable) throws -> String {
        Base64URL.encode(try JSONDocument(position).data)
    }

    static func position<Position: Decodable>(_ text: String, as type: Position.Type) -> Position? {
        Base64URL.decode(text.utf8).flatMap { try? JSONDecoder().decode(type, from: $0) }
    }
}

extension Problem {
    static func noContinuation(_ text: String) -> Problem {
        .badRequest("continue is \(text.quoted), which no list gave; leave it out for the first page")
    }
}
