import Foundation
import Testing

@testable import SignIn

@Suite
struct StrictJSONTests {
    private func read(_ text: String) throws -> StrictJSON { try StrictJSON(Array(text.utf8)) }

    @Test
    func `documents are read whole`() throws {
        let text = #" { "a" : [ 1 , -0.5e2, true,false,null,"x\"\\\/\b\f\n\r\té\u00e9\ud83d\ude00" ], "b":{},"c":[] } "#
        #expect(
            try read(text)
                == .object([
                    "a": .array([
                        .number(1), .number(-50), .bool(true), .bool(false), .null,
                        .string("x\"\\/\u{08}\u{0C}\n\r\téé😀"),
                    ]),
                    "b": .object([:]), "c": .array([]),
                ])
        )
        #expect(try read("\"\"") == .string(""))
        #expect(try read(String(repeating: "[", count: 17) + String(repeating: "]", count: 17)).elements?.count == 1)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]",
        "[1, \n]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "{a:1}",
        "{1:1}", "{'a':1}", "{\"a\":1 \"b\":2}", "1 2", "1,", "nul", "nullx", "True", "NaN", "Infinity", "-", "+1",
        "01", "-01",
        "1.", ".5", "1.e3", "1e", "1e+", "0x10", "1_000", "1e999", "-1e999", "\"", "\"a", "\"\\\"", "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12G4\"", "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "\"\t\"",
        "\"\u{00}\"",
        "/* */1", "1//", "\u{FEFF}1", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}", "{\"b\":{\"a\":1,\"a\":1}}",
        "{\"\u{E9}\":1,\"e\u{301}\":2}",
        String(repeating: "[", count: 18) + String(repeating: "]", count: 18), String(repeating: "[", count: 100_000),
        String(repeating: "{\"a\":", count: 100_000), "[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]",
    ])
    func `what is not quite JSON, or is two things at once, is refused`(text: String) {
        #expect(throws: StrictJSON.Refused.self) { try read(text) }
    }

    @Test(arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
    ])
    func `bytes that are not UTF-8 are refused`(bytes: [Int]) {
        #expect(throws: StrictJSON.Refused.self) { try StrictJSON(bytes.map(UInt8.init)) }
    }
}
