import Foundation
import Git
import Testing

@Suite struct ObjectIDTests {
    static let digits = "0123456789abcdef0123456789abcdeffedcba98"

    @Test func itReadsAndWritesFortyDigits() throws {
        let id = try #require(ObjectID(Self.digits))
        #expect(id.description == Self.digits)
        #expect(ObjectID(Self.digits.uppercased()) == id)
        #expect(try JSONDecoder().decode([ObjectID].self, from: JSONEncoder().encode([id])) == [id])
        #expect(String(decoding: try JSONEncoder().encode([id]), as: UTF8.self) == "[\"\(Self.digits)\"]")
    }

    @Test(arguments: [
        "", String(digits.dropLast()), digits + "0", String(digits.dropLast()) + "g", "é" + digits.dropLast(2),
    ])
    func whatIsNotFortyDigitsIsRefused(text: String) {
        #expect(ObjectID(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([ObjectID].self, from: Data("[\"\(text)\"]".utf8))
        }
    }

    @Test(arguments: [0, 7, 8, 15, 16, 19])
    func theyAreSortedByTheirBytes(byte: Int) throws {
        let larger = try #require(ObjectID(Self.digits(with: byte, "ff")))
        let smaller = try #require(ObjectID(Self.digits(with: byte, "fe")))
        #expect(smaller < larger)
        #expect(!(larger < smaller))
        #expect(larger.description == Self.digits(with: byte, "ff"))
    }

    private static func digits(with byte: Int, _ value: String) -> String {
        digits.prefix(2 * byte) + value + digits.dropFirst(2 * byte + 2)
    }
}
