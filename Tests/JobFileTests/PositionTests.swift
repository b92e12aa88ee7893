import Foundation
import JobFile
import Jobs
import Testing

/// Holds lines, columns and pointers against the bytes, by means that share nothing with the reader.
@Suite
struct PositionTests {
    @Test(arguments: CaseFile.all.filter { !$0.name.hasPrefix("syntax-") && !$0.name.hasPrefix("error-many") })
    func `an issue stands where the contract says`(file: CaseFile) throws {
        let places = PlainLocator(file.bytes).places
        for issue in file.reading.issues {
            let offset = try #require(Self.offset(of: issue, in: file.bytes))
            let place = places.filter { $0.pointer == issue.pointer }
            let isAtKey = [
                "is not known in", "is written twice", "are one key", "is read as", "stand beside \"replicas\"",
                "variable's name",
            ]
            .contains { issue.message.contains($0) }
            let expected =
                isAtKey
                ? place.flatMap { [$0.key ?? $0.value, $0.value] } : place.map(\.value) + place.compactMap(\.key)
            #expect(expected.contains(offset), "\(issue)")
            if issue.message.contains("needs the key") {
                #expect(file.bytes[offset] == UInt8(ascii: "{"), "\(issue)")
                #expect(place.contains { $0.value == offset }, "\(issue)")
            }
            if issue.message.contains("is not known in") || issue.message.contains("is written twice") {
                #expect(place.contains { $0.key == offset }, "\(issue)")
            }
        }
    }

    /// What stands at the first wrong byte: the position is right if the text goes on like this from there.
    @Test(arguments: CaseFile.all.filter { $0.name.hasPrefix("syntax-") })
    func `a syntax error stands at the offending byte`(file: CaseFile) throws {
        #expect(file.reading.issues.count == 1)

        let issue = try #require(file.reading.issues.first)
        let offset = try #require(Self.offset(of: issue, in: file.bytes))
        let rest = try #require(SyntaxFaults.rest[String(file.name.dropFirst("syntax-".count))])
        #expect(Array(file.bytes[offset...].prefix(8)) == rest)
    }

    /// Counts lines and scalars from the start of the bytes.
    private static func offset(of issue: Jobs.Issue, in bytes: [UInt8]) -> Int? {
        var offset = 0
        for _ in 1..<issue.line {
            guard let end = bytes[offset...].firstIndex(of: 10) else { return nil }
            offset = end + 1
        }
        for _ in 1..<issue.column {
            guard offset < bytes.count, bytes[offset] != 10 else { return nil }
            offset += 1
            while offset < bytes.count, (0x80...0xBF).contains(bytes[offset]) {
                offset += 1
            }
        }
        return offset
    }
}

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
