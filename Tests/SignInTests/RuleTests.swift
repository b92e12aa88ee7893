import Foundation
import Testing

@testable import SignIn

@Suite
struct RuleTests {
    @Test(arguments: [
        ("", "", true), ("", "a", false), ("*", "", true), ("*", "team-a", true), ("**", "x", true), ("a", "a", true),
        ("a", "b", false), ("a", "ab", false), ("a*", "a", true), ("a*", "ab", true), ("a*", "ba", false),
        ("*a", "ba", true), ("*a", "ab", false), ("a*a", "a", false), ("a*a", "aa", true), ("a*a", "aba", true),
        ("team-*-prod", "team-a-prod", true), ("team-*-prod", "team-prod", false), ("*b*", "abc", true),
        ("*b*", "ac", false), ("a*b*c", "a-b-c", true), ("a*b*c", "acb", false), ("a*bc*bc", "abc", false),
        ("a*bc*bc", "abcbc", true), ("team.a", "team-a", false), ("[a-z]", "a", false), ("?", "a", false),
        ("A", "a", false),
        ("K", "\u{212A}", false), ("\u{212A}*", "Kay", false), ("*K", "a\u{212A}", false), ("*K*", "a\u{212A}b", false),
        ("é", "e\u{301}", false), ("e*", "e\u{301}", true), ("*\u{301}", "e\u{301}", true),
        ("\u{212A}", "\u{212A}", true),
        ("*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
    ])
    func `a star stands for anything and all else for itself`(pattern: String, name: String, isMatch: Bool) {
        #expect(Pattern(pattern).matches(name) == isMatch)
    }

    @Test(arguments: [
        "https://idp.example.org", "https://idp.example.org/realms/ml/", "http://localhost:8080",
        "http://127.0.0.1:1/a",
        "http://[::1]:80", "https://10.0.0.1",
    ])
    func `an issuer is an https URL, or one of this machine`(text: String) throws {
        #expect(try Issuer(text).description == text)
    }

    @Test(arguments: [
        "", "idp.example.org", "http://idp.example.org", "http://10.0.0.1", "http://127.0.0.1.example.org",
        "http://localhost.example.org", "http://127.0.0.1@idp.example.org", "https://user@idp.example.org",
        "https://u:p@idp.example.org", "https://idp.example.org?a=b", "https://idp.example.org#a", "https://",
        "https:///a",
        "file:///etc/passwd", "ftp://localhost", "https://idp.example.org/a b", "https://idp.example.org\n",
        "HTTP://other",
    ])
    func `what anybody on the way could change is no issuer`(text: String) {
        #expect(throws: Issuer.Invalid.self) { try Issuer(text) }
    }

    @Test
    func `whose token it is, and for whom, is compared byte by byte`() throws {
        var provider = IdentityProvider(issuer: try Issuer("https://idp.example.org/K"), audience: "K")
        provider.groupsClaim = "Kreise"
        let rules = ClaimRules(provider: provider)
        func caller(_ issuer: String, _ audience: String, _ claim: String) throws -> Caller {
            let text =
                #"{"iss":"https://idp.example.org/\#(issuer)","aud":["\#(audience)"],"sub":"ann","exp":2000,"\#(claim)":["K"]}"#
            return try rules.caller(try StrictJSON(Array(text.utf8)), at: Date(timeIntervalSince1970: 1000))
        }
        #expect(try caller("K", "K", "Kreise").groups == ["K"])
        #expect(throws: TokenFault.issuer) { try caller("\u{212A}", "K", "Kreise") }
        #expect(throws: TokenFault.audience) { try caller("K", "\u{212A}", "Kreise") }
        #expect(try caller("K", "K", "\u{212A}reise").groups.isEmpty)
    }

    @Test
    func `the address of the metadata has one slash`() throws {
        for text in ["https://a/b", "https://a/b/"] {
            #expect(try Issuer(text).configurationAddress == "https://a/b/.well-known/openid-configuration")
        }
    }
}
