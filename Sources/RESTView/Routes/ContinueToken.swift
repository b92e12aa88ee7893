import Foundation

/// Where a page ended, as a word that clients hand back unread: it needs no escape in a query.
enum ContinueToken {
    static func text(_ position: some Encodable) throws -> String {
        try JSONDocument(position).data.base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func position<Position: Decodable>(_ text: String, as type: Position.Type) -> Position? {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        return Data(base64Encoded: base64).flatMap { try? JSONDecoder().decode(type, from: $0) }
    }
}

extension Problem {
    static func noContinuation(_ text: String) -> Problem {
        .badRequest("continue is \(text.quoted), which no list gave; leave it out for the first page")
    }
}
