import Foundation

/// Where each value of a JSON text begins, found the plain way: character by character, a string for each pointer.
struct PlainLocator {
    struct Place {
        let pointer: String
        /// Where the key begins; nil for an element and for the document.
        let key: Int?
        let value: Int
    }

    private(set) var places: [Place] = []
    private let bytes: [UInt8]
    private var position = 0

    /// - Parameter bytes: JSON that is right.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        value("", key: nil)
    }

    private mutating func blanks() {
        while position < bytes.count, [32, 9, 10, 13].contains(bytes[position]) {
            position += 1
        }
    }

    private mutating func string() -> String {
        let start = position
        position += 1
        while bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position += 1
        let text = try? JSONDecoder().decode([String].self, from: Data("[".utf8 + bytes[start..<position] + "]".utf8))
        return text?.first ?? ""
    }

    private mutating func value(_ pointer: String, key: Int?) {
        blanks()
        places.append(Place(pointer: pointer, key: key, value: position))
        switch bytes[position] {
        case UInt8(ascii: "\""):
            _ = string()
        case UInt8(ascii: "{"):
            elements(closing: "}") { locator, _ in
                let key = locator.position
                let name = locator.string().replacing("~", with: "~0").replacing("/", with: "~1")
                locator.blanks()
                locator.position += 1
                locator.value(pointer + "/" + name, key: key)
            }
        case UInt8(ascii: "["):
            elements(closing: "]") { locator, index in
                locator.value(pointer + "/\(index)", key: nil)
            }
        default:
            while position < bytes.count, !" \t\r\n,]}".utf8.contains(bytes[position]) {
                position += 1
            }
        }
    }

    private mutating func elements(closing: Unicode.Scalar, _ element: (inout PlainLocator, Int) -> Void) {
        var index = 0
        position += 1
        blanks()
        while bytes[position] != UInt8(ascii: closing) {
            element(&self, index)
            index += 1
            blanks()
            if bytes[position] == UInt8(ascii: ",") {
                position += 1
                blanks()
            }
        }
        position += 1
    }
}
