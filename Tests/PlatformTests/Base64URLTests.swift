import Foundation
import Platform
import Testing

@Suite
struct Base64URLTests {
    @Test(arguments: ["A", "AB=", "AA==", "A+", "A/", "A A", "AB", "A\n", "é", "AAAAA"])
    func `base64url has one spelling for one value`(text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }

    @Test
    func `base64url is decoded and encoded`() {
        for data in [Data(), Data([0xFB]), Data([0xFB, 0xFF]), Data([1, 0, 1])] {
            #expect(Base64URL.decode(Base64URL.encode(data).utf8) == data)
        }
        #expect(Base64URL.decode("".utf8) == Data())
        #expect(Base64URL.decode("-_8".utf8) == Data([0xFB, 0xFF]))
        #expect(Base64URL.decode("AQAB".utf8) == Data([1, 0, 1]))
    }
}

@Suite
struct HexTests {
    @Test
    func `bytes are pairs of digits, in either case`() {
        #expect(Hex.encode([0x00, 0x0F, 0xA0, 0xFF]) == "000fa0ff")
        #expect(Hex.encode([]) == "")
        #expect(Hex.decode("000fA0Ff") == [0x00, 0x0F, 0xA0, 0xFF])
        for text in ["0", "000", "0g", "0x", " 00", "é0"] {
            #expect(Hex.decode(text) == nil, "\(text)")
        }
    }
}
