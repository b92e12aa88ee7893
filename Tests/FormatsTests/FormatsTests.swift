import Formats
import Foundation
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
struct HexadecimalTests {
    @Test
    func `bytes are hexadecimal digits and the other way round`() {
        #expect((UInt8.min...UInt8.max).hexadecimal.count == 512)
        #expect([0x00, 0x0F, 0xA0, 0xFF].hexadecimal == "000fa0ff")
        #expect([UInt8]().hexadecimal == "")
        #expect([UInt8](hexadecimal: "000fA0Ff") == [0x00, 0x0F, 0xA0, 0xFF])
        for text in ["0", "000", "0g", "0x", " 00", "é0"] {
            #expect([UInt8](hexadecimal: text) == nil, "\(text)")
        }
        #expect("09afAF".utf8.map(\.hexadecimalValue) == [0, 9, 10, 15, 10, 15])
        #expect("/:@G`g".utf8.allSatisfy { $0.hexadecimalValue == nil })
    }
}

@Suite
struct LFSPointerTests {
    @Test
    func `only a short file that begins as a pointer is a pointer`() {
        let text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
        #expect(LFSPointer.isPointer(Array(text.utf8)))
        #expect(!LFSPointer.isPointer(Array((text + String(repeating: "x", count: 1024)).utf8)))
        #expect(!LFSPointer.isPointer(Array(("\n" + text).utf8)))
        #expect(!LFSPointer.isPointer([]))
    }
}
