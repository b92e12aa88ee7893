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

    @Test(arguments: vectors)
    func `what a standard signed is valid, and no bit of it may change`(
        key: String,
        signed: String,
        signature: String
    ) throws {
        let key = try #require(VerificationKey(try StrictJSON(Array(key.utf8))))
        let token = try Token("\(signed).\(signature)")
        #expect(token.algorithm == key.algorithm)
        #expect(key.isValid(token.signature, for: token.signed))
        for place in [0, token.signature.count / 2, token.signature.count - 1] {
            var other = token.signature
            other[place] ^= 1
            #expect(!key.isValid(other, for: token.signed))
        }
        var other = token.signed
        other[other.count - 1] ^= 1
        #expect(!key.isValid(token.signature, for: other))
    }

    @Test
    func `a key is for one algorithm, for verifying, and large enough`() throws {
        let rsa = try SigningKey.rsa("a")
        let point = SigningKey.p256("a")
        func isKey(_ text: String) throws -> Bool { VerificationKey(try StrictJSON(Array(text.utf8))) != nil }
        #expect(try isKey(rsa.jwk(#""alg":"RS256","use":"sig","key_ops":["verify"],"#)))
        #expect(try isKey(point.jwk(#""alg":"ES256","x5c":["…"],"#)))
        for member in [
            #""alg":"RS384","#, #""alg":"PS256","#, #""alg":"none","#, #""alg":1,"#, #""use":"enc","#, #""use":null,"#,
            #""key_ops":["sign"],"#, #""key_ops":[],"#, #""key_ops":"encrypt","#,
        ] {
            #expect(try !isKey(rsa.jwk(member)), "\(member)")
            #expect(try !isKey(point.jwk(member)), "\(member)")
        }
        for key in [
            #"{"kty":"oct","k":"AAAA"}"#, #"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#, "{}", "[]", "null", "1",
            #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, #"{"kty":"RSA","n":1,"e":"AQAB"}"#, #"{"kty":"RSA"}"#,
            #"{"kty":"RSA","n":"\#(Data(repeating: 0xFF, count: 128).base64URL)","e":"AQAB"}"#,
            #"{"kty":"RSA","n":"\#(Data(repeating: 0xFF, count: 4096).base64URL)","e":"AQAB"}"#,
            #"{"kty":"EC","crv":"P-256","x":"\#(Data(count: 32).base64URL)","y":"\#(Data(count: 32).base64URL)"}"#,
            #"{"kty":"EC","crv":"P-256","x":"\#(Data(repeating: 1, count: 33).base64URL)","y":"AA"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"\#(Data(count: 32).base64URL)"}"#,
        ] {
            #expect(try !isKey(key), "\(key)")
        }
    }
}
