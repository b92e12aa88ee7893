import Crypto
import CryptoExtras
import Foundation

/// Tokens that must not be believed, each wrong in one way.
package struct BadTokens {
    let issuer: String
    let rsa: SigningKey
    let point: SigningKey
    let edwards: SigningKey

    package struct Case {
        package let name: String
        package let token: String
    }

    package init(issuer: String, rsa: SigningKey, point: SigningKey, edwards: SigningKey) {
        self.issuer = issuer
        self.rsa = rsa
        self.point = point
        self.edwards = edwards
    }

    private var claims: Claims { Claims(issuer: issuer) }

    package func all() throws -> [Case] {
        try claimCases() + payloadCases() + headerCases() + confusionCases() + formCases() + signatureCases()
    }

    private func claimCases() throws -> [Case] {
        let audience = Claims.audience
        let wrong: [(String, [String?])] = [
            ("exp", [nil, "null", "\"9999999999\"", "true", "[9999999999]", "{}", "0", "-1", "1e400", "01"]),
            ("nbf", ["9999999999", "\"0\"", "null", "[]"]),
            ("iat", ["\"0\"", "null"]),
            ("iss", [nil, "null", "\"\"", "\"\(issuer)/\"", "[\"\(issuer)\"]", "\"https://idp.example.org\"", "1"]),
            (
                "aud",
                [
                    nil, "null", "\"\"", "[]", "\"other\"", "[\"other\",\"another\"]", "\"\(audience) \"",
                    "\"\(audience.uppercased())\"", "[\"\(audience)\",1]", "[[\"\(audience)\"]]", "{\"\(audience)\":1}",
                    "1",
                ]
            ),
            ("email", [nil, "null", "\"\"", "1", "[\"ann@example.org\"]", "{}", "\"a\\nb\"", "\"\\u0000\""]),
            ("email", ["\"\(String(repeating: "a", count: 513))\""]),
            ("email_verified", ["false", "\"true\"", "null", "1"]),
            ("groups", ["1", "null", "true", "[1]", "[\"a\",null]", "{\"a\":1}", "[[\"ml-admins\"]]"]),
        ]
        var cases = try wrong.flatMap { name, values in
            try values.map { value in
                Case(name: "\(name): \(value ?? "none")", token: try rsa.token(claims.with(name, value).text))
            }
        }
        cases.append(Case(name: "expired", token: try rsa.token(claims.with("exp", fromNow: -61).text)))
        cases.append(Case(name: "not yet", token: try rsa.token(claims.with("nbf", fromNow: 120).text)))
        return cases
    }

    private func payloadCases() throws -> [Case] {
        let deep = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
        let deeper = String(repeating: "[", count: 5000)
        let payloads = [
            "", "null", "[]", "\"\"", "1", "{", "{}", claims.text + "}", claims.text + " x", "\u{FEFF}" + claims.text,
            claims.text(with: "\"exp\":9999999999,"), claims.text(with: "\"e\\u0078p\":9999999999,"),
            claims.text(with: "\"a\":{\"b\":1,\"b\":2},"), claims.text(with: "\"a\":\(deep),"), deeper,
            claims.text(with: "\"a\":\(deeper),"), claims.text(with: "\"a\":\"\\ud800\","),
            claims.text(with: "\"a\":NaN,"), claims.text.replacing("\"", with: "'"), claims.text(with: ","),
        ]
        var cases = try payloads.map { Case(name: "payload \($0.prefix(60))", token: try rsa.token($0)) }
        let filler = String(repeating: "x", count: 9000)
        cases.append(Case(name: "huge", token: try rsa.token(claims.text(with: "\"a\":\"\(filler)\","))))
        return cases
    }

    private func headerCases() throws -> [Case] {
        let (text, payload) = (try rsa.jwk(), claims.text)
        let attacker = try SigningKey.rsa(nil)
        let headers = [
            #"{"kid":"rsa"}"#, #"{"alg":null,"kid":"rsa"}"#, #"{"alg":["RS256"],"kid":"rsa"}"#,
            #"{"alg":"rs256","kid":"rsa"}"#,
            #"{"alg":"","kid":"rsa"}"#, #"{"alg":"RS384","kid":"rsa"}"#, #"{"alg":"PS256","kid":"rsa"}"#,
            #"{"alg":"RS256","kid":"other"}"#, #"{"alg":"RS256","kid":""}"#, #"{"alg":"RS256","kid":1}"#,
            #"{"alg":"RS256","kid":null}"#, #"{"alg":"RS256","kid":["rsa"]}"#,
            #"{"alg":"RS256","kid":"../../etc/passwd"}"#,
            #"{"alg":"RS256","kid":"rsa' OR 1=1 --"}"#, #"{"alg":"RS256","kid":"rsa","crit":["exp"]}"#,
            #"{"alg":"RS256","kid":"rsa","crit":[]}"#, #"{"alg":"RS256","kid":"rsa","b64":false,"crit":["b64"]}"#,
            #"{"alg":"RS256","kid":"rsa","typ":"logout+jwt"}"#, #"{"alg":"RS256","kid":"rsa","typ":1}"#,
            #"{"alg":"none","alg":"RS256","kid":"rsa"}"#, #"{"alg":"RS256","kid":"rsa","kid":"rsa"}"#,
            #"{"alg":"RS256","kid":"rsa"}x"#, #"[{"alg":"RS256"}]"#, "", "null", "\"RS256\"",
            String(repeating: "[", count: 5000),
            #"{"alg":"RS256","kid":"rsa","a":\#(String(repeating: "{\"a\":", count: 999))"#,
        ]
        let foreign = [
            #"{"alg":"RS256","kid":"rsa"}"#, #"{"alg":"RS256","jwk":\#(try attacker.jwk())}"#,
            #"{"alg":"RS256","jku":"http://127.0.0.1:1/keys","kid":"rsa"}"#,
            #"{"alg":"RS256","x5u":"http://127.0.0.1:1/keys","x5c":["MIIB"],"kid":"rsa"}"#,
        ]
        return try headers.map { Case(name: "header \($0.prefix(60))", token: try rsa.token(header: $0, payload)) }
            + foreign.map {
                Case(name: "foreign key, header \($0.prefix(40))", token: try attacker.token(header: $0, payload))
            } + [
                Case(
                    name: "a key that is sent along",
                    token: try rsa.token(header: #"{"alg":"HS256","jwk":\#(text)}"#, payload)
                )
            ]
    }

    /// `none`, and the public key taken for a secret.
    private func confusionCases() throws -> [Case] {
        let payload = Data(claims.text.utf8).base64URL
        var cases: [Case] = []
        for name in ["none", "None", "NONE", "nOnE"] {
            let signed = "\(Data(#"{"alg":"\#(name)"}"#.utf8).base64URL).\(payload)"
            cases.append(Case(name: name, token: "\(signed)."))
            cases.append(Case(name: "\(name), signed", token: "\(signed).\(try rsa.sign(Data(signed.utf8)).base64URL)"))
        }
        guard case .rsa(let key) = rsa.material else { return cases }
        let parts = try key.publicKey.getKeyPrimitives()
        let secrets = [
            Data(key.publicKey.pemRepresentation.utf8), Data((key.publicKey.pemRepresentation + "\n").utf8),
            key.publicKey.derRepresentation, key.publicKey.pkcs1DERRepresentation, parts.modulus,
            Data(try rsa.jwk().utf8), Data(), Data("rsa".utf8),
        ]
        for name in ["HS256", "RS256"] {
            for secret in secrets {
                let signed = "\(Data(#"{"alg":"\#(name)","kid":"rsa"}"#.utf8).base64URL).\(payload)"
                let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: secret))
                let token = "\(signed).\(Data(code).base64URL)"
                cases.append(Case(name: "\(name) by a secret of \(secret.count) bytes", token: token))
            }
        }
        for key in [rsa.using("PS384"), rsa.using("PS512"), SigningKey.p521("rsa")] {
            cases.append(Case(name: "\(key.algorithm) is not allowed", token: try key.token(claims.text)))
        }
        for (key, others) in [(rsa, ["ES256", "EdDSA"]), (point, ["RS256", "EdDSA"]), (edwards, ["RS256", "ES256"])] {
            for other in others {
                let header = #"{"alg":"\#(other)","kid":"\#(key.id ?? "")"}"#
                cases.append(
                    Case(name: "\(key.algorithm) as \(other)", token: try key.token(header: header, claims.text))
                )
            }
        }
        return cases
    }

    private func formCases() throws -> [Case] {
        let good = try rsa.token(claims.text)
        let parts = good.split(separator: ".").map(String.init)
        let forms = [
            "", ".", "..", "...", "null", "undefined", "a.b.c", parts[0], "\(parts[0]).\(parts[1])",
            "\(parts[0]).\(parts[1]).", ".\(parts[1]).\(parts[2])", "\(parts[0])..\(parts[2])", "\(good).", "\(good).x",
            "\(good).x.y", ".\(good)", "\(good)=", "\(good)A", "\(good) x", "\(good),\(good)",
            "\"\(good)\"",
            String(good.dropLast()), String(good.dropLast(100)), String(good.dropFirst()),
            "\(parts[0])=.\(parts[1]).\(parts[2])",
            "\(parts[0]).\(parts[1]) .\(parts[2])", "\(parts[0]).\(parts[1])!.\(parts[2])",
            good.replacing(".", with: "%2E"),
            String(repeating: ".", count: 12_000), String(repeating: "a", count: 12_000) + ".b.c",
        ]
        return forms.map { Case(name: "form \($0.prefix(20))… of \($0.count)", token: $0) }
    }

    private func signatureCases() throws -> [Case] {
        let payload = claims.text
        var cases: [Case] = []
        func add(_ name: String, _ key: SigningKey, _ signature: Data) throws {
            let parts = try key.token(payload).split(separator: ".")
            cases.append(
                Case(name: "\(key.algorithm) \(name)", token: "\(parts[0]).\(parts[1]).\(signature.base64URL)")
            )
        }
        let order = Data(
            [UInt8](repeating: 0xFF, count: 4) + [UInt8](repeating: 0, count: 4) + [UInt8](repeating: 0xFF, count: 8)
        )
        for key in [rsa, point, edwards] {
            let length = key.algorithm == "RS256" ? 256 : 64
            let good = Base64URLText.signature(of: try key.token(payload)) ?? Data()
            for (name, signature) in [
                ("of zeros", Data(count: length)), ("of ones", Data(repeating: 0xFF, count: length)),
                ("that is empty", Data()), ("too short", good.dropLast()), ("too long", good + [0]),
                ("twice", good + good),
                ("of another payload", try key.sign(Data("x".utf8))),
                ("begun with zeros", Data(count: length / 2) + good.suffix(length / 2)),
                ("ended with zeros", good.prefix(length / 2) + Data(count: length / 2)),
            ] {
                try add(name, key, Data(signature))
            }
            let parts = try key.token(payload).split(separator: ".")
            let other = Data(claims.with("email", "\"eve@example.org\"").text.utf8).base64URL
            cases.append(Case(name: "\(key.algorithm) of others' claims", token: "\(parts[0]).\(other).\(parts[2])"))
        }
        try add("with r and s beyond the order", point, order + order + order + order)
        if case .p256(let key) = point.material {
            let signed = Data(try point.token(payload).split(separator: ".")[..<2].joined(separator: ".").utf8)
            try add("in DER", point, try key.signature(for: signed).derRepresentation)
        }
        let curve = P384.Signing.PrivateKey()
        try add("on another curve", point, try curve.signature(for: Data(payload.utf8)).rawRepresentation)
        return cases
    }
}

/// The last part of a token, decoded.
enum Base64URLText {
    static func signature(of token: String) -> Data? {
        guard let part = token.split(separator: ".").last else { return nil }
        let text = part.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: text + String(repeating: "=", count: (4 - text.count % 4) % 4))
    }
}
