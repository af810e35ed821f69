-- A load of POST /predict for wrk. With the argument `malformed`, every second body is one that the
-- service must refuse.
--
--   wrk -t 1 -c 64 -d 60 --latency -s load.lua http://127.0.0.1:8080/predict -- [malformed]

local row = [[{"alcohol": 13.2, "malic_acid": 1.78, "ash": 2.14, "alcalinity_of_ash": 11.2, "magnesium": 100,
"total_phenols": 2.65, "flavanoids": 2.76, "nonflavanoid_phenols": 0.26, "proanthocyanins": 1.28,
"color_intensity": 4.38, "hue": 1.05, "od280_od315": 3.4, "proline": 1050}]]
local valid = "[" .. row .. "]"
local malformed = { "[{", "[]", '[{"alcohol": 1e999}]', '[{"alcohol": "x"}]', "", "null", string.rep("[", 2000) }

local function post(body)
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
end

local requests = {}
local count = 0

-- The header Host is known only when wrk calls this function.
function init(arguments)
  requests[1] = post(valid)
  if arguments[1] ~= "malformed" then return end
  for place, body in ipairs(malformed) do
    requests[2 * place - 1] = post(valid)
    requests[2 * place] = post(body)
  end
end

function request()
  count = count + 1
  return requests[count % #requests + 1]
end
