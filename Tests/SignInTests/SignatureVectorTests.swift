import Formats
import Foundation
import SignInSupport
import Testing

@testable import SignIn

/// The examples of the standards themselves.
@Suite
struct SignatureVectorTests {
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    private static let vectors: [(key: String, signed: String, signature: String)] = [
        // https://www.rfc-editor.org/rfc/rfc7515#appendix-A.2
        (
            #"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#,
            "eyJhbGciOiJSUzI1NiJ9.\(payload)",
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        ),
        // https://www.rfc-editor.org/rfc/rfc7515#appendix-A.3
        (
            #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            "eyJhbGciOiJFUzI1NiJ9.\(payload)",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        ),
        // https://www.rfc-editor.org/rfc/rfc8037#appendix-A.4
        (
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        ),
    ]

    /// Whether one of the key's algorithms verifies the token. The last vector's payload is no JSON, which is found afterwards.
    private static func isSigned(_ token: String, by key: String) async throws -> Bool {
        let keys = try await KeySet(Array(#"{"keys":[\#(key)]}"#.utf8))
        do throws(TokenFault) {
            return try await keys.verify(try BearerToken(token)) != nil
        } catch {
            guard error == .malformed else { throw error }
            return true
        }
    }

    /// The text with the bits of one byte of the encoded data changed.
    private static func changed(_ part: some StringProtocol, at place: Int) throws -> String {
        var data = try #require(Base64URL.decode(part.utf8))
        data[place < 0 ? data.count + place : place] ^= 1
        return Base64URL.encode(data)
    }

    @Test(arguments: vectors)
    func `what a standard signed is valid, and no bit of it may change`(
        key: String,
        signed: String,
        signature: String
    ) async throws {
        #expect(try await Self.isSigned("\(signed).\(signature)", by: key))
        for place in [0, 31, -1] {
            let other = try Self.changed(signature, at: place)
            #expect(try await !Self.isSigned("\(signed).\(other)", by: key))
        }
        let parts = signed.split(separator: ".")
        let other = try Self.changed(parts[1], at: -1)
        #expect(try await !Self.isSigned("\(parts[0]).\(other).\(signature)", by: key))
    }

    @Test
    func `a key is for the algorithms of its kind, for verifying, and large enough`() async throws {
        let rsa = try SigningKey.rsa("a")
        let point = SigningKey.p256("a")
        func isKey(_ text: String) async -> Bool { (try? await KeySet(Array(#"{"keys":[\#(text)]}"#.utf8))) != nil }
        for algorithm in ["RS256", "RS384", "RS512", "PS256"] {
            #expect(try await isKey(rsa.jwk(#""alg":"\#(algorithm)","use":"sig","key_ops":["verify"],"#)))
            #expect(try await !isKey(point.jwk(#""alg":"\#(algorithm)","#)))
        }
        #expect(try await isKey(point.jwk(#""alg":"ES256","x5c":["…"],"#)))
        #expect(try await isKey(SigningKey.p384(nil).jwk(#""alg":"ES384","#)))
        for member in [
            #""alg":"PS384","#, #""alg":"PS512","#, #""alg":"ES512","#, #""alg":"HS256","#, #""alg":"none","#,
            #""alg":1,"#, #""use":"enc","#, #""use":null,"#, #""key_ops":["sign"],"#, #""key_ops":[],"#,
            #""key_ops":"encrypt","#,
        ] {
            #expect(try await !isKey(rsa.jwk(member)), "\(member)")
            #expect(try await !isKey(point.jwk(member)), "\(member)")
        }
        for key in [
            #"{"kty":"oct","k":"AAAA"}"#, #"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#, "{}", "[]", "null", "1",
            #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":"RSA","n":1,"e":"AQAB"}"#, #"{"kty":"RSA"}"#,
            #"{"kty":"RSA","n":"\#(Data(repeating: 0xFF, count: 128).base64URL)","e":"AQAB"}"#,
            #"{"kty":"RSA","n":"\#(Data(repeating: 0xFF, count: 4096).base64URL)","e":"AQAB"}"#,
            #"{"kty":"EC","crv":"P-256","x":"\#(Data(count: 32).base64URL)","y":"\#(Data(count: 32).base64URL)"}"#,
            #"{"kty":"EC","crv":"P-256","x":"\#(Data(repeating: 1, count: 33).base64URL)","y":"AA"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"\#(Data(count: 32).base64URL)"}"#, try SigningKey.p521(nil).jwk(),
        ] {
            #expect(await !isKey(key), "\(key)")
        }
    }

    @Test
    func `an unknown key does not spoil the others, and a repeated name spoils all`() async throws {
        let point = try SigningKey.p256("a").jwk()
        let unknown = #"{"kty":"oct","k":"AAAA"},{"kty":"EC","crv":"secp256k1"},7"#
        #expect(try await KeySet(Array(#"{"keys":[\#(unknown),\#(point)]}"#.utf8)).count == 1)
        await #expect(throws: ProviderFault.self) {
            try await KeySet(Array(#"{"keys":[\#(point)],"keys":[\#(point)]}"#.utf8))
        }
        await #expect(throws: ProviderFault.self) {
            try await KeySet(Array(#"{"keys":[{"kty":"oct","kty":"oct"},\#(point)]}"#.utf8))
        }
    }
}
