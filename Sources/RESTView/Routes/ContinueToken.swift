import Foundation
import Journal

/// Where a page ended, as a word that clients hand back unread: it needs no escape in a query.
enum ContinueToken {
    static func text(_ position: JobQuery.Position) throws -> String {
        try JSONDocument(position).data.base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func position(_ text: String) -> JobQuery.Position? {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        return Data(base64Encoded: base64).flatMap { try? JSONDecoder().decode(JobQuery.Position.self, from: $0) }
    }
}
